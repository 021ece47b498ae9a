#!/usr/bin/env bash
# Update a site to the newest version: `sudo /srv/microblog/app/deploy/update.sh`.
# Stops at the first step that fails; can be repeated.
set -euo pipefail
cd "$(dirname "$0")/.."
account=${ACCOUNT:-microblog}
# The code is for the account and its group; what the site writes, for the account.
umask 027

as_account() {
  runuser -u "$account" -- env DJANGO_SETTINGS_MODULE=microblog.settings.production "$@"
}

if [ -n "$(as_account git status --porcelain --untracked-files=no locale)" ]; then
  echo 'Translators have saved texts below locale/: commit them, or set them aside with "git stash push locale", then update again (docs/deploying.md).' >&2
  exit 1
fi
as_account git pull --ff-only
as_account .venv/bin/python -m pip install --quiet --require-hashes -r requirements.txt
case "$(sed -n 's/^DATABASE_URL=//p' .env)" in
  mysql*) as_account .venv/bin/python -m pip install --quiet --require-hashes -r requirements-mysql.txt ;;
esac
as_account .venv/bin/python manage.py migrate --noinput
as_account .venv/bin/python manage.py collectstatic --noinput
# mod_wsgi restarts its processes when this file is touched.
as_account touch microblog/wsgi.py
for unit in microblog microblog-worker; do
  if systemctl --quiet is-active "$unit"; then systemctl restart "$unit"; fi
done
