//! Builds the pages of `web` into the program: `web/build.mjs` makes them where Node is there. Where it is not, or
//! where they cannot be built, a plain page says why and what to do, and everything else of the program is whole.
use std::{
    env,
    ffi::OsStr,
    fmt::Write,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::Command,
};

/// What the pages are made of. The folder itself holds `node_modules`, which must not count.
pub const SOURCES: &[&str] = &[
    "src",
    "build.mjs",
    "console.html",
    "graphiql.html",
    "package.json",
    "package-lock.json",
    "vite.config.mjs",
];
/// The oldest Node that the tools of `web` run on.
const OLDEST_NODE: u32 = 18;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    for source in SOURCES {
        println!("cargo::rerun-if-changed=web/{source}");
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo names it")).join("web");
    let path = env::var_os("PATH").unwrap_or_default();
    match build(Path::new("web"), &out, &path) {
        Ok(()) => {}
        Err(Missing::Node(why)) => {
            warn(&why);
            // It may come into one of the folders that programs are looked for in, or with another such folder.
            println!("cargo::rerun-if-env-changed=PATH");
            for folder in env::split_paths(&path).filter(|it| it.is_dir()) {
                println!("cargo::rerun-if-changed={}", folder.display());
            }
        }
        Err(Missing::Pages(why)) => {
            warn(&why);
            // Never there, so the next build tries again.
            println!("cargo::rerun-if-changed=web/there-were-no-pages");
        }
    }
}

fn warn(why: &str) {
    println!(
        "cargo::warning=GraphiQL and the console are left out: {}",
        why.replace('\n', " ")
    );
}

/// Why there are no pages.
#[derive(Debug)]
pub enum Missing {
    /// There is no Node to build them with.
    Node(String),
    /// It failed to.
    Pages(String),
}

/// Fills `out` with the pages of `web`, or with those that say why there are none. Node is looked for in `path`.
pub fn build(web: &Path, out: &Path, path: &OsStr) -> Result<(), Missing> {
    let outcome = bundle(web, out, path);
    if let Err(Missing::Node(why) | Missing::Pages(why)) = &outcome {
        say_why(out, why)
            .map_err(|error| Missing::Pages(format!("`{}`: {error}", out.display())))?;
    }
    outcome
}

fn bundle(web: &Path, out: &Path, path: &OsStr) -> Result<(), Missing> {
    let node = node_in(path)?;
    // A debug and a release build may come at once, and install into one folder.
    let lock =
        File::open(web.join("package-lock.json")).and_then(|file| file.lock().map(|()| file));
    let _lock = lock.map_err(|error| Missing::Pages(format!("`package-lock.json`: {error}")))?;
    let mut command = Command::new(node);
    command
        .arg(web.join("build.mjs"))
        .arg(out)
        .env("PATH", path);
    let output = command
        .output()
        .map_err(|error| Missing::Pages(error.to_string()))?;
    if output.status.success() && out.join("pages.rs").is_file() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said
        .lines()
        .rev()
        .map(str::trim)
        .find(|line| !line.is_empty());
    let reason = last.unwrap_or("it said nothing");
    Err(Missing::Pages(format!(
        "`node web/build.mjs` failed: {reason}"
    )))
}

/// The first Node in `path`, if it is new enough.
fn node_in(path: &OsStr) -> Result<PathBuf, Missing> {
    let mut places = env::split_paths(path).map(|folder| folder.join("node"));
    let node = places
        .find(|it| it.is_file())
        .ok_or_else(|| Missing::Node(format!("Node.js {OLDEST_NODE} or newer is not installed")))?;
    let version = Command::new(&node).arg("--version").output();
    let version =
        version.map_err(|error| Missing::Node(format!("`{}`: {error}", node.display())))?;
    let version = String::from_utf8_lossy(&version.stdout).trim().to_owned();
    let major = version
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|it| it.parse().ok());
    if major.is_some_and(|major: u32| major >= OLDEST_NODE) {
        return Ok(node);
    }
    Err(Missing::Node(format!(
        "Node.js is `{version}`, and {OLDEST_NODE} or newer is needed"
    )))
}

/// Both pages, without anything that has to be built.
fn say_why(out: &Path, why: &str) -> io::Result<()> {
    let mut table = String::from("&[\n");
    fs::create_dir_all(out)?;
    for (name, title, variant) in [
        ("graphiql", "GraphiQL", "GraphiQl"),
        ("console", "The console", "Console"),
    ] {
        let page = missing_page(title, why);
        fs::write(out.join(format!("{name}.html")), &page)?;
        let _ = write!(
            table,
            "    File {{
        path: \"{name}.html\",
        kind: \"text/html; charset=utf-8\",
        tag: \"missing-{:x}\",
        pages: &[Page::{variant}],
        plain: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/web/{name}.html\")),
        gzip: None,
        brotli: None,
    }},\n",
            page.bytes().fold(0_u32, |hash, byte| hash
                .wrapping_mul(31)
                .wrapping_add(byte.into())),
        );
    }
    fs::write(out.join("pages.rs"), table + "]\n")
}

fn missing_page(title: &str, why: &str) -> String {
    let why = why.replace('&', "&amp;").replace('<', "&lt;");
    format!(
        "<!doctype html>
<html lang=\"en\">
  <head>
    <meta charset=\"utf-8\">
    <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">
    <meta name=\"color-scheme\" content=\"light dark\">
    <title>Regimen · {title} is not built in</title>
  </head>
  <body>
    <main>
      <h1>{title} is not in this build</h1>
      <p>When the program was built: {why}.</p>
      <p>To have it, install <b>Node.js {OLDEST_NODE} or newer</b> with npm, make sure that npm reaches its packages, and
        build again with <code>cargo build</code>.</p>
      <p>Nothing else is missing: the API is at <code>/graphql</code>, and any GraphQL client can use it.</p>
    </main>
  </body>
</html>
"
    )
}
