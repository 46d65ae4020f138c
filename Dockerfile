# carbon as a command: docker run --rm -v "$PWD:/work" carbon-label footprint goods.csv -o out.xlsx
FROM python:3.13-slim-trixie AS build
WORKDIR /source
COPY requirements.lock ./
RUN python -m venv /opt/carbon \
    && /opt/carbon/bin/python -m pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE CHANGELOG.md ./
COPY carbon carbon
COPY factors factors
COPY templates templates
RUN /opt/carbon/bin/python -m pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.13-slim-trixie
LABEL org.opencontainers.image.title="carbon-label" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/carbon /opt/carbon
# files written into a mounted folder belong to its owner: docker run --user "$(id -u):$(id -g)"
RUN useradd --uid 10001 --create-home --home-dir /home/carbon carbon && mkdir /work \
    && chown carbon:carbon /work
ENV PATH=/opt/carbon/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    XDG_CACHE_HOME=/tmp/cache \
    BRIGHTWAY2_DIR=/tmp
USER carbon
WORKDIR /work
ENTRYPOINT ["carbon"]
CMD ["--help"]
