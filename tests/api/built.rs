//! When the pages are built: once, again where what they are made of has changed, and what stands in their place where
//! they could not be built.

use std::{
    env,
    ffi::{OsStr, OsString},
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use crate::support::scratch_folder;

#[expect(clippy::print_stdout, reason = "this is how a build script speaks")]
#[expect(dead_code, reason = "cargo runs `main`, and what is only for it")]
#[path = "../../build.rs"]
mod build;

/// A program that says what it was built with, and what its build script is given to do.
const SHELL: &str = "#![allow(dead_code)]
enum Page { GraphiQl, Console }
struct File { path: &'static str, kind: &'static str, tag: &'static str, pages: &'static [Page],
    plain: &'static [u8], gzip: Option<&'static [u8]>, brotli: Option<&'static [u8]> }
const FILES: &[File] = include!(concat!(env!(\"OUT_DIR\"), \"/web/pages.rs\"));
fn main() { for file in FILES { println!(\"{} {}\", file.path, String::from_utf8_lossy(file.plain)) } }
";
const SHELL_PACKAGE: &str =
    "[package]\nname = \"shell\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n";

/// A small program with the build script of this one, over a folder `web` of its own. Its `node` notes each time that
/// it is asked for pages.
struct Shell {
    folder: PathBuf,
    path: OsString,
}

impl Shell {
    fn new(folder: PathBuf) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for inner in ["src", "web/src"] {
            fs::create_dir_all(folder.join(inner)).unwrap();
        }
        fs::copy(root.join("build.rs"), folder.join("build.rs")).unwrap();
        fs::write(folder.join("Cargo.toml"), SHELL_PACKAGE).unwrap();
        fs::write(folder.join("src/main.rs"), SHELL).unwrap();
        for file in build::SOURCES.iter().filter(|it| **it != "src") {
            fs::write(folder.join("web").join(file), "as it was").unwrap();
        }
        fs::write(folder.join("web/src/page.tsx"), "as it was").unwrap();
        let mut path = folder.join("node").into_os_string();
        path.push(":");
        path.push(env::var_os("PATH").unwrap());
        Self { folder, path }
    }

    /// From now on this is what `node` does when it is asked for pages.
    fn node(&self, does: &str) {
        let noted = self.folder.join("asked").display().to_string();
        let script =
            format!("[ \"$1\" = --version ] && echo v20.0.0 && exit\necho >> {noted}\n{does}");
        false_node(&self.folder.join("node"), &script);
    }

    /// Builds it and runs it; how often pages were made for that, and what it says.
    fn build(&self) -> (usize, String) {
        let noted = self.folder.join("asked");
        let _ = fs::remove_file(&noted);
        let ran = Command::new(env!("CARGO"))
            .args(["run", "--offline", "--quiet"])
            .current_dir(&self.folder)
            .env("PATH", &self.path)
            .env("CARGO_TARGET_DIR", self.folder.join("target"))
            .output()
            .unwrap();
        assert!(
            ran.status.success(),
            "{}",
            String::from_utf8_lossy(&ran.stderr)
        );
        let asked = fs::read_to_string(noted).map_or(0, |text| text.lines().count());
        (asked, String::from_utf8_lossy(&ran.stdout).into_owned())
    }
}

#[test]
fn a_second_build_makes_no_pages_and_whoever_changes_them_gets_them_anew() {
    let shell = Shell::new(scratch_folder("built"));
    shell.node("echo 'no way to the packages' >&2; exit 1");
    let (asked, said) = shell.build();
    assert_eq!(asked, 1);
    assert!(
        said.contains("console.html") && said.contains("no way to the packages"),
        "{said}"
    );

    // What is missing has come.
    shell.node("mkdir -p \"$2\" && echo '&[]' > \"$2/pages.rs\"");
    assert_eq!(shell.build(), (1, String::new()));
    assert_eq!(shell.build(), (0, String::new()), "nothing has changed");
    for changed in ["src/page.tsx", "console.html", "package-lock.json"] {
        fs::write(shell.folder.join("web").join(changed), "as it is now").unwrap();
        assert_eq!(shell.build().0, 1, "{changed}");
        assert_eq!(shell.build().0, 0, "after {changed}");
    }
    fs::create_dir(shell.folder.join("web/node_modules")).unwrap();
    fs::write(shell.folder.join("web/node_modules/installed"), "").unwrap();
    assert_eq!(shell.build().0, 0, "what npm installs is no source");
    fs::remove_dir_all(&shell.folder).unwrap();
}

/// A program called `node` that says this; the folder to find it in.
fn false_node(folder: &Path, script: &str) -> String {
    fs::create_dir_all(folder).unwrap();
    let node = folder.join("node");
    fs::write(&node, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&node, fs::Permissions::from_mode(0o755)).unwrap();
    folder.display().to_string()
}

#[test]
fn without_pages_a_plain_one_says_why_and_what_to_do() {
    let folder = scratch_folder("pages");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let old = false_node(&folder.join("old"), "echo v12.22.0");
    let broken = "[ \"$1\" = --version ] && echo v20.0.0 && exit\necho 'Error: <no way> to the packages' >&2; exit 1";
    let broken = false_node(&folder.join("broken"), broken);
    for (path, why) in [
        ("", "Node.js 18 or newer is not installed"),
        ("/nowhere", "Node.js 18 or newer is not installed"),
        (&*old, "Node.js is `v12.22.0`, and 18 or newer is needed"),
        (
            &*broken,
            "`node web/build.mjs` failed: Error: &lt;no way> to the packages",
        ),
    ] {
        let out = folder.join("out");

        let outcome = build::build(&root.join("web"), &out, OsStr::new(path));

        let lasting = matches!(outcome, Err(build::Missing::Node(_)));
        assert_eq!(lasting, path != broken, "{outcome:?}");
        for page in ["graphiql.html", "console.html"] {
            let text = fs::read_to_string(out.join(page)).unwrap();
            for said in [why, "cargo build", "<code>/graphql</code>"] {
                assert!(text.contains(said), "no `{said}` in: {text}");
            }
        }
        let table = fs::read_to_string(out.join("pages.rs")).unwrap();
        assert_eq!(table.matches("File {").count(), 2);
        fs::remove_dir_all(out).unwrap();
    }
    fs::remove_dir_all(folder).unwrap();
}
