# One image for every role: its arguments are those of `live-agents` (serve --role edge, serve --role deliver, migrate).
# The base is named by the digest of its index, for all platforms. docs/kubernetes.md says how to take a newer one.
ARG PYTHON=docker.io/library/python:3.11.16-slim-bookworm@sha256:a36c24f9cbdf4fd0f52d67f0823eeac19c2028c637cecc392d97f980d4fec56b

FROM ${PYTHON} AS build
WORKDIR /build
COPY requirements.txt requirements-build.txt ./
# The tools stay in this stage; what runs has neither pip nor setuptools. Wheels only: nothing is compiled.
RUN python -m venv tools \
    && tools/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements-build.txt \
    && python -m venv --without-pip /opt/live-agents \
    && tools/bin/pip --python /opt/live-agents/bin/python install --no-cache-dir --require-hashes --only-binary :all: -r requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY channel channel
COPY models models
RUN tools/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir dist . \
    && tools/bin/pip --python /opt/live-agents/bin/python install --no-cache-dir --no-deps --no-index dist/*.whl

# For `docker compose --profile rehearsal`: the simulated peers, and what they need.
FROM build AS rehearsal
COPY requirements-demo.txt ./
RUN tools/bin/pip --python /opt/live-agents/bin/python install --no-cache-dir --require-hashes --only-binary :all: -r requirements-demo.txt \
    && mkdir /rehearsal && chown 10001:10001 /rehearsal
ENV PATH=/opt/live-agents/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/nonexistent \
    USER=live-agents
USER 10001:10001
WORKDIR /
ENTRYPOINT ["python", "-m", "channel.sandbox"]

FROM ${PYTHON} AS service
ARG VERSION=unreleased
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Live Agents" \
      org.opencontainers.image.description="A human agent in Rocket.Chat on the other end of a RapidPro conversation" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# The user has a number and no entry anywhere; the database's driver wants a name all the same.
ENV PATH=/opt/live-agents/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/nonexistent \
    USER=live-agents \
    LIVE_AGENTS_HOST=0.0.0.0
COPY --from=build /opt/live-agents /opt/live-agents
USER 10001:10001
WORKDIR /
EXPOSE 8000 8001
# The internal port is there in every role. Kubernetes has probes of its own.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import http.client as h, os, sys; c = h.HTTPConnection('localhost', int(os.environ.get('LIVE_AGENTS_INTERNAL_PORT') or 8001), timeout=4); c.request('GET', '/healthz'); sys.exit(c.getresponse().status != 200)"]
ENTRYPOINT ["live-agents"]
CMD ["serve"]
