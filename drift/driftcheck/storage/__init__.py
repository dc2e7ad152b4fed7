"""Files, object stores and MLflow artifacts as bytes and tables."""
