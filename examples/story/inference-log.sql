-- The log of the story's predictions, one row for each index and day.
CREATE SCHEMA IF NOT EXISTS ml;
CREATE TABLE IF NOT EXISTS ml.index_range_inference_log (
    id text PRIMARY KEY,
    feature_vector float8[] NOT NULL,
    predicted_at timestamptz NOT NULL,
    prediction float8 NOT NULL,
    -- The next day's range: filled in once that day is over.
    label float8
);
-- Every check reads one slice of time.
CREATE INDEX IF NOT EXISTS index_range_log_by_time
    ON ml.index_range_inference_log (predicted_at);
