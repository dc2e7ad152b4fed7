"""PostgreSQL, MLflow, object stores and the Pushgateway on loopback."""
