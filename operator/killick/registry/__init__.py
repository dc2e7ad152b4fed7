"""The model registry (MLflow) behind one port: `port.py` says what it can do."""
