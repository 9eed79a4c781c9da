"""Start or stop Superset on this machine, with the connection, the datasets and the dashboard of this folder.

Run by `make superset`, with the Python of Superset's own environment. Secrets are made here and stay in the folder
``superset`` of WRES_HOME, which is for the owner alone.
"""

import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
HOME = Path(os.environ["WRES_HOME"]).resolve()
STATE = HOME / "superset"
DATABASE = HOME / "published" / "wres.duckdb"
PORT = os.environ.get("SUPERSET_PORT", "8088")
ADDRESS = f"http://127.0.0.1:{PORT}"
USER = "analyst"
LONGEST_WAIT = 120  # seconds
WORKERS = 3
APPLICATION = "superset.app:create_app()"


def main(command: str) -> None:
    """Do ``start``, ``stop`` or ``load``; end with a message and code 1 where it cannot be done."""
    {"start": start, "stop": stop, "load": load}[command]()


def start() -> None:
    """Prepare Superset's own database, load the dashboard and start the server in the background."""
    if not DATABASE.exists():
        sys.exit(f"There is no published database at {DATABASE}. Run `make build` (or wres publish) first.")
    if _process() is not None:
        return print(f"Superset runs already, at {ADDRESS}. Stop it with: make superset-stop")
    STATE.mkdir(mode=0o700, parents=True, exist_ok=True)
    _secret("secret_key")
    password = _secret("password")
    log = STATE / "superset.log"
    with log.open("w", encoding="utf-8") as out:
        said = {"env": _environment(), "cwd": HOME, "stdout": out, "stderr": subprocess.STDOUT}
        # A process of its own: what it opens is closed when it ends.
        if subprocess.run([sys.executable, __file__, "load"], check=False, **said).returncode:
            sys.exit(f"Superset did not take the dashboard. What it said is in {log}.")
        server = subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn", APPLICATION, "--bind", f"127.0.0.1:{PORT}"),
                # One query at a time in a process: the file is opened anew for each, so a new release is seen at once.
                *("--workers", str(WORKERS), "--preload", "--timeout", str(LONGEST_WAIT)),
                *("--no-control-socket", "--pid", str(STATE / "pid")),
            ],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            **said,
        )
    _wait(server, log)
    print(
        f"Superset runs at {ADDRESS}/superset/dashboard/year-on-year/, for this machine alone.\n"
        f"User: {USER}   Password: {password}   (kept in {STATE / 'password'})\n"
        "Stop it with: make superset-stop"
    )


def stop() -> None:
    """End the server that ``start`` has started."""
    process = _process()
    if process is None:
        sys.exit("Superset does not run.")
    os.kill(process, signal.SIGTERM)
    until = time.monotonic() + LONGEST_WAIT
    while _process() is not None:
        if time.monotonic() > until:
            sys.exit(f"Superset (process {process}) has not ended in {LONGEST_WAIT} seconds.")
        time.sleep(0.1)
    print("Superset stopped.")


def load() -> None:
    """Bring Superset's own database up to date, with one user, and load ``assets`` over what is there."""
    from flask import g
    from flask_migrate import upgrade
    from superset.app import create_app

    with create_app().app_context():
        from superset import appbuilder, security_manager
        from superset.commands.importers.v1.assets import ImportAssetsCommand

        upgrade()
        appbuilder.add_permissions(update_perms=True)
        security_manager.sync_role_definitions()
        if security_manager.find_user(USER) is None:
            admin = security_manager.find_role("Admin")
            password = (STATE / "password").read_text(encoding="utf-8")
            security_manager.add_user(USER, "SC-WRES", "analyst", "analyst@localhost", admin, password)
        g.user = security_manager.find_user(USER)
        assets = HERE / "assets"
        files = {str(path.relative_to(assets)): path.read_text("utf-8") for path in sorted(assets.rglob("*.yaml"))}
        ImportAssetsCommand(files).run()


def _secret(name: str) -> str:
    """Return a secret of this machine, made the first time that it is asked for."""
    path = STATE / name
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
            file.write(secrets.token_urlsafe(24))
    return path.read_text(encoding="utf-8")


def _environment() -> dict[str, str]:
    settings = {
        "SUPERSET_HOME": str(STATE),
        "SUPERSET_CONFIG_PATH": str(HERE / "superset_config.py"),
        "SCARF_ANALYTICS": "false",
        "FLASK_APP": APPLICATION,
    }
    return os.environ | settings


def _process() -> int | None:
    """Return the process of the server, or None where it does not run; its number may be another's by now."""
    try:
        process = int((STATE / "pid").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    said = subprocess.run(["ps", "-o", "command=", "-p", str(process)], capture_output=True, text=True, check=False)
    return process if APPLICATION in said.stdout else None


def _wait(server: subprocess.Popen, log: Path) -> None:
    """Wait until the server answers; it ends by itself where it cannot start, as when the port is taken."""
    until = time.monotonic() + LONGEST_WAIT
    while server.poll() is None and time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"{ADDRESS}/health", timeout=5):
                if _process() == server.pid:
                    return
        except OSError:
            pass
        time.sleep(0.5)
    sys.exit(f"Superset did not start at {ADDRESS}. What it said is in {log}. Another port: SUPERSET_PORT=8089")


if __name__ == "__main__":
    main(sys.argv[1])
