"""A standalone Spark cluster on this machine: a master, workers and a Spark Connect server, all on loopback."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

WORKERS = 2
SERVER = "org.apache.spark.sql.connect.service.SparkConnectServer"
STARTS_WITHIN = 600  # seconds; a busy machine takes minutes


@dataclass
class Cluster:
    """The processes of a running cluster, and where it is reached."""

    remote: str
    workers: list[subprocess.Popen]
    server: subprocess.Popen
    folder: Path

    def kill_worker(self) -> None:
        """Kill one worker hard, with the executor that it runs."""
        executors = _children(self.workers[0].pid)
        self.workers[0].kill()
        for pid in executors:
            os.kill(pid, 9)


@contextmanager
def spark_cluster(folder: Path) -> Iterator[Cluster]:
    """Start a cluster whose tables and logs are in a folder, give it, and stop every process of it."""
    master_port, server_port = _free_port(), _free_port()
    master = f"spark://127.0.0.1:{master_port}"
    processes: list[subprocess.Popen] = []
    try:
        processes.append(
            _start(
                folder,
                "master",
                *("spark-class", "org.apache.spark.deploy.master.Master"),
                *("--host", "127.0.0.1", "--port", str(master_port), "--webui-port", "0"),
            )
        )
        _wait_for(master_port, processes[0])
        workers = [
            _start(
                folder,
                f"worker-{number}",
                *("spark-class", "org.apache.spark.deploy.worker.Worker", "--host", "127.0.0.1", "--webui-port", "0"),
                *("--cores", "1", "--memory", "1g", "--work-dir", str(folder / "work"), master),
            )
            for number in range(WORKERS)
        ]
        processes += workers
        settings = {
            "spark.connect.grpc.binding.address": "127.0.0.1",
            "spark.connect.grpc.binding.port": server_port,
            "spark.driver.host": "127.0.0.1",
            "spark.driver.memory": "2g",
            "spark.executor.memory": "1g",
            "spark.executor.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m",
            "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m",
            "spark.ui.enabled": "false",
            "spark.sql.catalogImplementation": "in-memory",
            "spark.sql.warehouse.dir": folder / "tables",
        }
        options = [part for name, value in settings.items() for part in ("--conf", f"{name}={value}")]
        server = _start(
            folder, "connect", *("spark-submit", "--master", master, "--class", SERVER, *options, "spark-internal")
        )
        processes.append(server)
        _wait_for(server_port, server)
        yield Cluster(f"sc://127.0.0.1:{server_port}", workers, server, folder)
    finally:
        for process in reversed(processes):
            process.terminate()
        for process in processes:
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _start(folder: Path, name: str, programme: str, *arguments: str) -> subprocess.Popen:
    """Start a programme of pyspark's own, with its output in a file."""
    (home,) = find_spec("pyspark").submodule_search_locations
    environment = {key: value for key, value in os.environ.items() if key != "SPARK_REMOTE"}
    environment |= {"SPARK_HOME": home, "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_NO_DAEMONIZE": "1"}
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{name}.log").open("w") as log:
        return subprocess.Popen(
            [Path(home) / "bin" / programme, *arguments],
            env=environment,
            cwd=folder,
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def _wait_for(port: int, process: subprocess.Popen) -> None:
    until = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args[0]} ended with code {process.returncode}; its log is beside the tables.")
        with socket.socket() as sock:
            if sock.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.5)
    raise TimeoutError(f"Nothing answers on port {port} after {STARTS_WITHIN} seconds.")


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def _children(pid: int) -> list[int]:
    listed = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False)
    return [int(child) for child in listed.stdout.split()]
