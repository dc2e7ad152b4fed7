# Two images, no build tools in either: `make image`, or
#   docker build --target operator --tag killick-operator:0.1.0 .
#   docker build --target worker   --tag killick-worker:0.1.0 .
# The target worker-slim is the worker without Evidently: no pages on a drift, and no
# `drift.engine: Evidently`.
# Both run as 65532 on a read-only root; what they write goes to an emptyDir at /tmp.
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

# --- what both builds share: an empty environment, filled by the base's own pip ----
FROM ${PYTHON_IMAGE} AS build
RUN python -m venv --without-pip /opt/killick && mkdir /app \
    # The sources are found by this file, so that no variable has to say where.
    && echo /app > "$(/opt/killick/bin/python -c \
       'import sysconfig; print(sysconfig.get_path("purelib"))')/killick.pth"
WORKDIR /build
COPY dev/image/install.sh ./
# A mirror, if you have one. Wheels in a folder `wheels` beside this file are taken
# from there; with PIP_NO_INDEX=1 from nowhere else, and the build needs no network.
ARG PIP_INDEX_URL
ARG PIP_NO_INDEX

FROM build AS operator-build
ARG PIP_INDEX_URL
ARG PIP_NO_INDEX
COPY requirements/operator.txt wheel[s]/* ./
RUN sh install.sh operator.txt /opt/killick
COPY operator/killick /app/killick
# For its contracts; what the rest of it imports is not in this image.
COPY drift/driftcheck /app/driftcheck
RUN python -m compileall -q /app \
    && printf '%s\n' '#!/opt/killick/bin/python' 'import sys' \
       'from killick.cli.main import main' 'sys.exit(main())' > /opt/killick/bin/killick \
    && chmod 755 /opt/killick/bin/killick

FROM build AS worker-build
ARG PIP_INDEX_URL
ARG PIP_NO_INDEX
COPY requirements/worker.txt wheel[s]/* ./
RUN sh install.sh worker.txt /opt/killick
COPY drift/driftcheck /app/driftcheck
RUN python -m compileall -q /app

# In an environment of its own: a check by our own scores never imports it.
FROM build AS evidently-build
ARG PIP_INDEX_URL
ARG PIP_NO_INDEX
RUN python -m venv --without-pip /opt/evidently
COPY requirements/evidently.txt wheel[s]/* ./
RUN sh install.sh evidently.txt /opt/evidently

# --- what runs ---------------------------------------------------------------------
FROM ${PYTHON_IMAGE} AS runtime
ENV PATH=/opt/killick/bin:$PATH \
    HOME=/tmp \
    # 65532 has no name in the base, and kopf asks for one.
    LOGNAME=killick \
    PYTHONSAFEPATH=1 \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
WORKDIR /tmp
USER 65532:65532

FROM runtime AS worker-slim
LABEL org.opencontainers.image.title="killick-worker" \
      org.opencontainers.image.description="The drift check and the evaluation of Killick" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=worker-build /opt/killick /opt/killick
COPY --from=worker-build /app /app
CMD ["python", "-m", "driftcheck", "--help"]

FROM worker-slim AS worker
COPY --from=evidently-build /opt/evidently /opt/evidently
ENV DRIFTCHECK_EVIDENTLY_PYTHON=/opt/evidently/bin/python

FROM runtime AS operator
LABEL org.opencontainers.image.title="killick-operator" \
      org.opencontainers.image.description="The operator of Killick, and its command line" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=operator-build /opt/killick /opt/killick
COPY --from=operator-build /app /app
EXPOSE 8080
CMD ["python", "-m", "killick"]
