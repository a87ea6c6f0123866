"""A Slurm cluster of one node: real daemons on ports of the loopback, in a folder of their own."""
import os
import pathlib
import shutil
import socket
import subprocess
import time

# How long the permission to begin a task holds, and so how long what is queued again must wait:
# two minutes by default, which is most of what a test with a requeue takes.
CREDENTIAL_SECONDS = 15
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol")


def missing():
    """Why there can be no cluster here; or None."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    absent = [program for program in PROGRAMS if not shutil.which(program, path=path)]
    if absent:
        return f"no {', '.join(absent)}: apt-get install slurmctld slurmd slurm-client munge"
    if os.geteuid() != 0:
        return "slurmd wants to be root"
    return None


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Cluster:
    """Starts on entry, and ends its daemons by their process ids on exit."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.daemons = []
        self.environment = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin",
            "SLURM_CONF": str(self.folder / "slurm.conf"),
        }

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        for name in ("state", "spool", "munge"):
            (self.folder / name).mkdir(mode=0o700)
        key = self.folder / "munge/key"
        key.write_bytes(os.urandom(64))
        key.chmod(0o600)
        sock = self.folder / "munge/socket"
        host = socket.gethostname().split(".")[0]
        controller, node = free_ports(2)
        (self.folder / "slurm.conf").write_text(f"""\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={node}
AuthType=auth/munge
AuthInfo=socket={sock},cred_expire={CREDENTIAL_SECONDS}
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation={self.folder}/state
SlurmdSpoolDir={self.folder}/spool
SlurmctldPidFile={self.folder}/slurmctld.pid
SlurmdPidFile={self.folder}/slurmd.pid
SlurmctldLogFile={self.folder}/slurmctld.log
SlurmdLogFile={self.folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1
MpiDefault=none
ReturnToService=2
KillWait=5
MinJobAge=600
NodeName={host} NodeAddr=127.0.0.1 CPUs={os.cpu_count()} State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
""")
        self.run_daemon("munged", "--foreground", "--force", f"--key-file={key}",
                        f"--socket={sock}", f"--pid-file={self.folder}/munge/pid",
                        f"--log-file={self.folder}/munge/log",
                        f"--seed-file={self.folder}/munge/seed")
        self.wait_for(sock.exists)
        self.run_daemon("slurmctld", "-D", "-i")
        self.run_daemon("slurmd", "-D", "-N", host)
        self.wait_for(lambda: "idle" in self.ask("sinfo", "--noheader", "--format=%t"))

    def run_daemon(self, *words):
        log = (self.folder / f"{words[0]}.out").open("w")
        self.daemons.append(subprocess.Popen(words, stdout=log, stderr=log,
                                             stdin=subprocess.DEVNULL, start_new_session=True,
                                             env={**os.environ, **self.environment}))

    def ask(self, *words):
        """What one of Slurm's programs says, or nothing where it fails."""
        done = subprocess.run(words, capture_output=True, encoding="utf-8", timeout=60,
                              env={**os.environ, **self.environment})
        return done.stdout if done.returncode == 0 else ""

    def wait_for(self, condition, seconds=60):
        end = time.monotonic() + seconds
        while not condition():
            for daemon in self.daemons:
                if daemon.poll() is not None:
                    raise RuntimeError(f"{daemon.args[0]} ended:\n{self.logs()}")
            if time.monotonic() > end:
                raise RuntimeError(f"the cluster does not get there:\n{self.logs()}")
            time.sleep(0.1)

    def logs(self):
        return "".join(f"--- {path.name}\n{path.read_text(errors='replace')[-3000:]}"
                       for path in sorted(self.folder.glob("*.log")) +
                       sorted(self.folder.glob("*.out")))

    def stop(self):
        for daemon in reversed(self.daemons):
            daemon.terminate()
            try:
                daemon.wait(20)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        self.daemons = []
