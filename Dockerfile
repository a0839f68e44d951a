# Everything the image needs to be made: docker build -t kustom-mock .
ARG PYTHON_IMAGE=python:3.13-slim

FROM ${PYTHON_IMAGE} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv --without-pip /opt/venv
WORKDIR /src
# First what changes seldom: the dependencies, each held to its hash, none compiled here.
COPY requirements.lock ./
RUN pip --python /opt/venv/bin/python install --require-hashes --only-binary :all: -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY mockserver mockserver
COPY kustom_mock kustom_mock
COPY schemas schemas
COPY scenarios scenarios
RUN pip --python /opt/venv/bin/python install --no-deps .

FROM ${PYTHON_IMAGE}
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="kustom-mock" \
      org.opencontainers.image.description="A sandbox server for Kustom's Order Management API" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# All addresses, IPv4 and IPv6, also of a command line of one's own; -e KUSTOM_MOCK_HOST changes it.
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    KUSTOM_MOCK_HOST=:: \
    KUSTOM_MOCK_SCENARIO=/scenarios
COPY --from=build /opt/venv /opt/venv
# What a mount of one's own scenarios takes the place of.
COPY scenarios/fresh-order.yaml /scenarios/
WORKDIR /scenarios
USER 10001:10001
EXPOSE 8566
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=5s --retries=3 CMD ["kustom-mock", "healthcheck"]
ENTRYPOINT ["kustom-mock"]
CMD ["serve"]
