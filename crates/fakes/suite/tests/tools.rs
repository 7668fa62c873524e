//! The real tools accept what this crate makes, and our own readers read it back.

use sage_oci_fake_suite::{Compression, DATE, Package, SIGNING_FINGERPRINT, Suite, deb_bytes, key_armored};
use std::io::Read;
use std::path::Path;
use std::process::Command;

/// Runs a program in the C locale; its standard output and error.
fn run(program: &str, arguments: &[&str], folder: &Path) -> (String, String) {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env("LC_ALL", "C.UTF-8")
        .env("TZ", "UTC")
        .env("APT_CONFIG", folder.join("apt.conf"))
        .output()
        .unwrap_or_else(|error| panic!("this test needs `{program}`: {error}"));
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{program} {arguments:?}\n{out}\n{err}");
    (out.into_owned(), err.into_owned())
}

fn hello() -> Package {
    Package::new("hello", "1:1.0-1")
        .source("greetings (1.0)")
        .pre_depends("base")
        .depends("libx (>= 1), nothing | base")
        .dir("var/lib/hello", 0o2775)
        .owned_by(("root", 0), ("games", 60))
        .file("usr/bin/hello", 0o4755, b"#!/bin/sh\n")
        .hard_link("usr/bin/hello-again", "usr/bin/hello")
        .symlink("usr/share/hello/link", "/etc/hello.conf")
        .file(&format!("usr/lib/{}/{}", "long".repeat(20), "name".repeat(30)), 0o644, vec![b'x'; 3000])
        .symlink("usr/lib/long-target", &"t".repeat(150))
        .conffile("etc/hello.conf", b"a=1\n")
        .script("postinst", "#!/bin/sh\nset -e\n")
        .control_file("triggers", 0o644, "activate-noawait ldconfig\n")
}

fn suite() -> Suite {
    Suite::new("tiny")
        .package(hello())
        .package(Package::new("libx", "1.2-1").architecture("all").multi_arch("foreign").compression(Compression::Gz))
        .package(Package::new("base", "9").essential().compression(Compression::Plain))
        .package(Package::new("base", "9").architecture("arm64"))
        .by_hash()
}

#[test]
fn dpkg_accepts_the_packages() {
    let folder = tempfile::tempdir().unwrap();
    for compression in [Compression::Plain, Compression::Gz, Compression::Xz, Compression::Zst] {
        let bytes = deb_bytes(&hello().compression(compression), DATE);
        sage_oci_files::write_atomic(folder.path().join("hello.deb"), &bytes).unwrap();
        let (fields, _) = run("dpkg-deb", &["-f", "hello.deb", "Package", "Version", "Installed-Size"], folder.path());
        assert_eq!(fields, "Package: hello\nVersion: 1:1.0-1\nInstalled-Size: 9\n");
        let (listing, _) = run("dpkg-deb", &["-c", "hello.deb"], folder.path());
        for part in [
            "drwxr-xr-x root/root         0 2026-01-02 03:04 ./\n",
            "drwxrwsr-x root/games        0 2026-01-02 03:04 ./var/lib/hello/\n",
            "-rwsr-xr-x root/root        10 2026-01-02 03:04 ./usr/bin/hello\n",
            "./usr/bin/hello-again link to ./usr/bin/hello\n",
            "./usr/share/hello/link -> /etc/hello.conf\n",
            &format!(" -> {}\n", "t".repeat(150)),
        ] {
            assert!(listing.contains(part), "{part}\n{listing}");
        }
        run("dpkg-deb", &["-x", "hello.deb", "out"], folder.path());
        run("dpkg-deb", &["-e", "hello.deb", "out/DEBIAN"], folder.path());
        run(
            "sh",
            &[
                "-c",
                "cd out && md5sum -c --quiet DEBIAN/md5sums && test -x DEBIAN/postinst && grep -qx /etc/hello.conf DEBIAN/conffiles",
            ],
            folder.path(),
        );
    }
}

#[test]
fn apt_and_gpgv_accept_the_suite() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    suite().write_to(root.join("mirror")).unwrap();
    let write = |name: &str, text: &str| sage_oci_files::write_atomic(root.join(name), text.as_bytes()).unwrap();
    for name in [
        "state/lists/partial",
        "cache/archives/partial",
        "etc/apt.conf.d",
        "etc/preferences.d",
        "etc/sources.list.d",
        "log",
    ] {
        sage_oci_files::create_dir_all(root.join(name)).unwrap();
    }
    let shown = root.display();
    write("key.asc", key_armored());
    write("status", "");
    write("etc/sources.list", &format!("deb [signed-by={shown}/key.asc] copy:{shown}/mirror tiny main\n"));
    write(
        "apt.conf",
        &format!(
            "Dir::State \"{shown}/state\";\nDir::State::status \"{shown}/status\";\nDir::Cache \"{shown}/cache\";\nDir::Etc \"{shown}/etc\";\nDir::Log \"{shown}/log\";\n\
             APT::Architecture \"amd64\";\nAPT::Architectures {{ \"amd64\"; }};\nAPT::Sandbox::User \"root\";\nAcquire::Languages \"none\";\n"
        ),
    );
    let (_, warnings) = run("apt-get", &["update"], root);
    assert_eq!(warnings, "", "apt has something to say");
    let (plan, _) = run("apt-get", &["-s", "install", "hello"], root);
    let installed: Vec<_> = plan.lines().filter_map(|line| line.strip_prefix("Inst ")).collect();
    assert_eq!(
        installed,
        ["base (9 Test:tiny [amd64])", "libx (1.2-1 Test:tiny [all])", "hello (1:1.0-1 Test:tiny [amd64])"]
    );
    run("apt-get", &["-y", "-d", "install", "hello"], root);

    run("gpg", &["--homedir", &root.join("log").display().to_string(), "-o", "key.gpg", "--dearmor", "key.asc"], root);
    let (_, said) = run("gpgv", &["--keyring", "./key.gpg", "mirror/dists/tiny/InRelease"], root);
    assert!(said.contains(SIGNING_FINGERPRINT) && said.contains("Good signature"), "{said}");
}

#[test]
fn our_readers_follow_the_chain() {
    let files = suite().valid_until(DATE + 86_400).files();
    let keyring = sage_oci_signature::Keyring::from_armored(&[("key", key_armored())]).unwrap();
    let verified = sage_oci_signature::verify(&files["dists/tiny/InRelease"], &keyring).unwrap();
    assert_eq!((verified.signers[0].fingerprint.as_str(), verified.signers[0].signed), (SIGNING_FINGERPRINT, DATE));
    assert_eq!(verified.text.as_bytes(), files["dists/tiny/Release"]);

    let release = sage_oci_deb::Release::parse(&verified.text).unwrap();
    assert_eq!((release.date, release.valid_until), (DATE, Some(DATE + 86_400)));
    assert_eq!(release.architectures, ["amd64", "arm64"]);
    let path = release.by_hash_path("main/binary-amd64/Packages.xz").unwrap();
    assert_eq!(files[&format!("dists/tiny/{path}")], files["dists/tiny/main/binary-amd64/Packages.xz"]);

    let packages = &files["dists/tiny/main/binary-amd64/Packages"];
    let entries: Vec<_> = sage_oci_deb::read_packages(&packages[..]).collect::<Result<_, _>>().unwrap();
    let names: Vec<_> = entries.iter().map(|entry| (entry.name.as_str(), entry.architecture.as_str())).collect();
    assert_eq!(names, [("hello", "amd64"), ("libx", "all"), ("base", "amd64")]);
    assert_eq!((entries[0].source.as_str(), entries[0].source_version.as_str()), ("greetings", "1.0"));
    assert!(entries[2].essential);
    for entry in &entries {
        let bytes = &files[&entry.filename];
        assert_eq!(bytes.len() as u64, entry.size);
        let deb = sage_oci_deb::Deb::open(&bytes[..]).unwrap();
        assert_eq!(deb.control().stanza().unwrap().get("Package"), Some(entry.name.as_str()));
        let mut data = deb.data(1 << 20).unwrap();
        let mut paths = Vec::new();
        while let Some((entry, mut body)) = data.next_entry().unwrap() {
            body.read_to_end(&mut Vec::new()).unwrap();
            paths.push(entry.path);
        }
        assert_eq!(paths[0], "");
    }
}

#[test]
fn hostile_packages_are_what_they_say() {
    use sage_oci_deb::{Deb, DebError};
    use sage_oci_tar::TarError;
    let read = |package: Package| -> Result<(), DebError> {
        let bytes = deb_bytes(&package, DATE);
        Deb::open(&bytes[..])?.data(1 << 20)?.for_each(|_, body| {
            std::io::copy(body, &mut std::io::sink())?;
            Ok(())
        })
    };
    let package = || Package::new("evil", "1");
    assert!(read(package()).is_ok());
    assert!(matches!(read(package().raw_file("../evil", "x")), Err(DebError::Tar(TarError::UnsafePath { .. }))));
    assert!(matches!(read(package().raw_file("/etc/passwd", "x")), Err(DebError::Tar(TarError::UnsafePath { .. }))));
    assert!(matches!(read(package().device("dev/null")), Err(DebError::Tar(TarError::RefusedKind { .. }))));
    assert!(matches!(read(package().fifo("run/pipe")), Err(DebError::Tar(TarError::RefusedKind { .. }))));
    assert!(matches!(read(package().bomb("zeros", 2 << 20)), Err(DebError::TooLarge { .. })));
}

#[test]
fn bytes_depend_on_the_calls_alone() {
    assert_eq!(suite().files(), suite().files());
    let package = |second: bool| {
        let package = Package::new("p", "1");
        if second { package.dir("b", 0o755).file("a", 0o644, "") } else { package.file("a", 0o644, "").dir("b", 0o755) }
    };
    assert_eq!(deb_bytes(&package(true), DATE), deb_bytes(&package(false), DATE), "the order of paths does not matter");
    assert_ne!(suite().date(DATE + 1).files()["dists/tiny/InRelease"], suite().files()["dists/tiny/InRelease"]);
}
