#!/bin/sh
# Inside the image's build: pinned, hashed wheels into /opt/killick, less what only
# developers of those packages would miss.
set -eu
python -m pip --python /opt/killick/bin/python install --quiet --no-cache-dir \
  --disable-pip-version-check --root-user-action=ignore \
  --only-binary :all: --require-hashes --find-links . --requirement "$1"
cd /opt/killick/lib/python3.*/site-packages
find . -type d -name tests -prune -exec rm -rf {} +
# Thousands of API models, of which a few are ever imported: their bytecode is 60 MB.
rm -rf kubernetes/client/models/__pycache__ kubernetes/aio/client/models/__pycache__
# Arrow's network protocol and its headers: 40 MB that nothing here imports.
rm -rf pyarrow/include pyarrow/_flight.* pyarrow/libarrow_flight.*
