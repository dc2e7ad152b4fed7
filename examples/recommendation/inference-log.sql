-- The table that the service writes, one row a prediction.
CREATE SCHEMA IF NOT EXISTS ml;
CREATE TABLE IF NOT EXISTS ml.recommendation_inference_log (
    request_id text PRIMARY KEY,
    -- price, discount, age, visits_7d, minutes_since_last_visit, category
    feature_vector float8[] NOT NULL,
    predicted_at timestamptz NOT NULL,
    score float8 NOT NULL,
    -- Whether the recommendation was clicked: filled in once it is known.
    clicked int
);
-- Every check reads one slice of time.
CREATE INDEX IF NOT EXISTS recommendation_log_by_time
    ON ml.recommendation_inference_log (predicted_at);
