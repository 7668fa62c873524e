//! Builders that are spoiled on purpose: `verify` finds each, and names what it depends on. The images are small, the builders are
//! shell scripts; they are run, traced and varied as real ones are.

mod memory;
mod processor;
mod world;

use sage_oci_image::{LayerType, digest_of};
use sage_oci_verify::{Nature, Sameness, Variation, Verdict};
use std::collections::BTreeSet;
use world::{World, named, named_all, script};

#[test]
fn a_sound_builder_gives_the_same_bytes_whatever_is_varied() {
    let world = World::new("");
    let report = world.against_itself();
    assert_eq!(report.verdict, Verdict::SameBytes, "{report:#?}");
    assert_eq!(report.varied.len() + report.not_varied.len(), Variation::ALL.len());
    assert!(report.varied.contains(&Variation::Time), "{report:#?}");
}

#[test]
fn the_time() {
    named("date +%Y >spoiled", Nature::Content, Variation::Time, "asked for the time");
}

#[test]
fn the_time_to_the_second_which_is_another_one_in_every_run() {
    // What is held still makes the whole seconds the same.
    named("printf '%s' \"$(date +%s)\" >spoiled", Nature::Content, Variation::Time, "asked for the time");
}

#[test]
fn the_hosts_name() {
    named("uname -n >spoiled", Nature::Content, Variation::DomainHost, "the names of the host and the kernel");
}

#[test]
fn the_kernels_release() {
    named("uname -r >spoiled", Nature::Content, Variation::Kernel, "the names of the host and the kernel");
}

#[test]
fn the_users_home() {
    named("printf '%s' \"${HOME##*/}\" >spoiled", Nature::Content, Variation::Home, "");
}

#[test]
fn the_order_of_a_hash_map() {
    // Perl's tables are seeded from a device.
    let spoil = "perl -e 'my %table = map { $_ => 1 } \"a\" .. \"z\"; print keys %table' >spoiled";
    named(spoil, Nature::Content, Variation::Random, "random bytes");
}

#[test]
fn random_numbers() {
    named("printf '%s' $SRANDOM >spoiled", Nature::Content, Variation::Random, "random bytes");
}

#[test]
fn the_order_of_a_directory() {
    let spoil = "mkdir ../x; for i in 1 2 3 4 5 6 7 8 9; do : >../x/$i; done; ls -U ../x >spoiled; rm -r ../x";
    // Another file system has an order of its own, too.
    let causes = [Variation::FileOrdering, Variation::Tmp];
    named_all(spoil, Nature::Content, &causes, "a folder's entries");
}

#[test]
fn the_locale() {
    named("printf '%s' \"${LC_ALL-}\" >spoiled", Nature::Content, Variation::Locales, "");
}

#[test]
fn how_many_processors_split_the_work() {
    named(
        "seq 100 >x; split -n l/$(nproc) x part; cat partaa >spoiled; rm x part*",
        Nature::Content,
        Variation::NumCpus,
        "the processors",
    );
}

#[test]
fn the_list_of_processors() {
    named("grep -c . /proc/cpuinfo >spoiled || :", Nature::Content, Variation::NumCpus, "the processors");
}

#[test]
fn the_permissions_of_new_files() {
    named("chmod -R u=rwX,go=rX .; : >spoiled; chmod() { :; }", Nature::Metadata, Variation::Umask, "");
}

#[test]
fn the_builders_place() {
    named("case $0 in *another*) echo other;; *) echo same;; esac >spoiled", Nature::Content, Variation::ExecPath, "");
}

#[test]
fn who_builds() {
    named("id -u >spoiled", Nature::Content, Variation::UserGroup, "");
}

#[test]
fn the_time_of_a_file_in_an_archive_in_the_layer() {
    let asked = "asked for the time of a file just made";
    for archive in
        ["tar -cf spoiled x", "tar -czf spoiled x", "gzip --keep x; mv x.gz spoiled", "stat -c %Y x >spoiled"]
    {
        let spoil = format!("echo content >x; {archive}; rm x");
        named(&spoil, Nature::Content, Variation::Time, asked);
    }
}

#[test]
fn the_time_of_a_file_that_was_given_one_is_left_alone() {
    // Before, in and after the time that is told.
    for given in ["@0", "@2275000003", "@4102444800"] {
        let spoil = format!("echo content >x; touch -d {given} x; stat -c %Y x >spoiled; rm x");
        let report = World::new(&spoil).against_itself();
        assert_eq!(report.verdict, Verdict::SameBytes, "{given}: {report:#?}");
    }
}

#[test]
fn other_compression_and_another_order_are_the_same_content() {
    let world = World::new("");
    let content = world.blob();
    let packed = zstd::encode_all(&content[..], 1).unwrap();
    let report = world.verify(&packed, &content, LayerType::Zstd);
    assert_eq!(report.verdict, Verdict::SameContent { differ: vec![Sameness::Compression] }, "{report:#?}");
    let turned = "tar --mtime=@0 --owner=0 --group=0 --numeric-owner -C .. --no-recursion -cf \"$out/blob\" etc etc/same etc/other\n";
    let straight = World::of(script(": >other", &turned.replace("etc/same etc/other", "etc/other etc/same")));
    let turned = World::of(script(": >other", turned)).blob();
    let report = straight.verify(&turned, &turned, LayerType::Tar);
    assert_eq!(report.verdict, Verdict::SameContent { differ: vec![Sameness::Order] }, "{report:#?}");
}

#[test]
fn a_damaged_image_is_not_believed() {
    let world = World::new("");
    let blob = world.blob();
    let mut flipped = blob.clone();
    let content = flipped.windows(5).position(|bytes| bytes == b"same\0").unwrap();
    let content = content + 1 + flipped[content + 1..].windows(5).position(|bytes| bytes == b"same\0").unwrap();
    flipped[content] ^= 1;
    // A manifest that is honest about a layer of another content.
    let report = world.verify(&flipped, &flipped, LayerType::Tar);
    assert_eq!(report.verdict, Verdict::Different, "{report:#?}");
    let layer = &report.layers[0];
    assert_eq!((layer.differences.len(), layer.differences[0].path.as_str()), (1, "/etc/same"));
    assert_eq!(layer.why.as_deref(), Some("it comes out the same each time, and not as it was published"));
    // Where nobody reads it.
    let mut padded = blob.clone();
    *padded.last_mut().unwrap() = 1;
    let report = world.verify(&padded, &padded, LayerType::Tar);
    assert_eq!(report.verdict, Verdict::SameContent { differ: vec![Sameness::Archive] }, "{report:#?}");
    // One that lies: the blob is another one than it says.
    let mut source = world.image(&blob, &blob, LayerType::Tar);
    source.replace(digest_of(&blob), flipped);
    let report = world.verify_image(&source, BTreeSet::new());
    assert_eq!(report.verdict, Verdict::Different);
    assert!(report.layers[0].why.as_deref().unwrap_or_default().contains("sha256:"), "{report:#?}");
}
