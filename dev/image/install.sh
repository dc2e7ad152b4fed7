#!/bin/sh
# Inside the image's build, REQUIREMENTS ENVIRONMENT: pinned, hashed wheels, less what
# only developers of those packages would miss.
set -eu
python -m pip --python "$2/bin/python" install --quiet --no-cache-dir \
  --disable-pip-version-check --root-user-action=ignore \
  --only-binary :all: --require-hashes --no-deps --find-links . --requirement "$1"
cd "$2"/lib/python3.*/site-packages
# `evidently.tests` is a part of Evidently.
find . -path ./evidently -prune -o -type d -name tests -prune -exec rm -rf {} +
# Thousands of API models, of which a few are ever imported: their bytecode is 60 MB.
rm -rf kubernetes/client/models/__pycache__ kubernetes/aio/client/models/__pycache__
# Arrow's network protocol and its headers: 40 MB that nothing here imports.
rm -rf pyarrow/include pyarrow/_flight.* pyarrow/libarrow_flight.*
