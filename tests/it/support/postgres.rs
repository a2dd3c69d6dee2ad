//! A throw-away PostgreSQL cluster: one per test process, one database per test.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use sea_orm::{ConnectionTrait, Database};

/// Runs the server until its standard input ends, which it does when the test process ends, in
/// whatever way; then removes the cluster.
const KEEPER: &str = r#"
"$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c fsync=off >"$2/log" 2>&1 &
server=$!
read -r _
kill -QUIT "$server"
wait "$server"
rm -rf "$2"
"#;

const PATIENCE: Duration = Duration::from_mins(1);

struct Cluster {
    /// Holds the sockets and the data.
    directory: PathBuf,
    /// Its standard input stays open as long as this process lives.
    _keeper: Child,
}

/// Creates an empty database and returns its URL.
pub(crate) async fn database() -> String {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    static NUMBER: AtomicU32 = AtomicU32::new(0);

    let cluster = tokio::task::spawn_blocking(|| CLUSTER.get_or_init(start)).await.unwrap();
    let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let admin = Database::connect(url(&cluster.directory, "postgres")).await.unwrap();
    admin.execute_unprepared(&format!("CREATE DATABASE {name} TEMPLATE template0")).await.unwrap();
    admin.close().await.unwrap();
    url(&cluster.directory, &name)
}

fn url(directory: &Path, database: &str) -> String {
    format!("postgres://revaer@localhost/{database}?host={}", directory.display())
}

fn start() -> Cluster {
    let programs = programs();
    let directory = tempfile::Builder::new().prefix("revaer-pg-").tempdir().unwrap().keep();
    let owner = unprivileged();
    if let Some(user) = owner {
        std::os::unix::fs::chown(&directory, Some(user), None).unwrap();
    }
    let prepared = command(&programs.join("initdb"), owner)
        .args(["--username=revaer", "--auth=trust", "--no-sync", "--no-locale", "--encoding=UTF8"])
        .arg("--pgdata")
        .arg(directory.join("data"))
        .current_dir(&directory)
        .output()
        .unwrap();
    assert!(prepared.status.success(), "{}", String::from_utf8_lossy(&prepared.stderr));
    let keeper = command(Path::new("/bin/sh"), owner)
        .args(["-c", KEEPER, "sh"])
        .args([&programs, &directory])
        .current_dir("/")
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + PATIENCE;
    while !is_ready(&programs, &directory) {
        assert!(
            Instant::now() < deadline,
            "the server does not start:\n{}",
            fs_err::read_to_string(directory.join("log")).unwrap_or_default()
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    Cluster { directory, _keeper: keeper }
}

fn is_ready(programs: &Path, directory: &Path) -> bool {
    let answer = Command::new(programs.join("pg_isready"))
        .args(["--quiet", "--username=revaer", "--dbname=postgres", "--host"])
        .arg(directory)
        .status();
    answer.unwrap().success()
}

/// The server's programs: those of the newest version that is installed.
fn programs() -> PathBuf {
    let versions = fs_err::read_dir("/usr/lib/postgresql").expect("PostgreSQL is installed");
    versions
        .map(|version| version.unwrap().path())
        .max_by_key(|path| path.file_name()?.to_str()?.parse::<u32>().ok())
        .expect("a version of PostgreSQL is installed")
        .join("bin")
}

/// The user that the server runs as where the tests run as root, whom the server refuses.
fn unprivileged() -> Option<u32> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let users = fs_err::read_to_string("/etc/passwd").unwrap();
    let user = users.lines().find_map(|line| line.strip_prefix("postgres:")?.split(':').nth(1));
    Some(user.expect("the package of PostgreSQL created its user").parse().unwrap())
}

fn command(program: &Path, owner: Option<u32>) -> Command {
    let mut command = Command::new(program);
    if let Some(user) = owner {
        command.uid(user);
    }
    command
}
