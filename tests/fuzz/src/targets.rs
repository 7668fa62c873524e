//! What is fuzzed: one function a parser of bytes that come from outside. Each must end without a panic, in bounded memory
//! and time, and keep the law that stands in it, whatever it is given.
//!
//! The fuzzing programs and `crates/sage-oci/tests/corpus.rs` share this file: what the first have found, the second runs
//! again with every `cargo test`.

use sage_oci_census::{Census, Package};
use sage_oci_checks::Checks;
use sage_oci_cython::Scanner;
use sage_oci_deb::{Ar, Deb, DebError, IndexEntry, Release, StanzaReader, read_packages};
use sage_oci_definition::{Channel, Image};
use sage_oci_derivation::{Derivation, NarWriter};
use sage_oci_image::{
    Depth, Descriptor, Image as OciImage, ImageSource, Index, Kind, MediaType, Platform, SourceError, digest_of,
    validate,
};
use sage_oci_layer::{LayerError, read_foreign_layer};
use sage_oci_ldcache::{CONF, ElfFacts, search_path};
use sage_oci_lock::Lock;
use sage_oci_meson::{Description, Ninja, Places, Written};
use sage_oci_names::{Architecture, BlobDigest, DebVersion, PackageName};
use sage_oci_resolve::parse_relations;
use sage_oci_signature::{Keyring, verify};
use sage_oci_tar::{Dialect, TarError, TarReader};
use sage_oci_tree::{Entry, EntryKind};
use sage_oci_wheel::{Layout, install};
use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::sync::{Arc, Mutex};

/// A name and what it feeds. It tells whether the input was understood to its end: of seeds that nobody understands any more,
/// no law is learnt.
pub type Target = (&'static str, fn(&[u8]) -> bool);

/// All of them.
pub const ALL: &[Target] = &[
    ("ar", ar),
    ("aterm", aterm),
    ("checks", checks),
    ("cython", cython),
    ("deb", deb),
    ("deb822", deb822),
    ("definition", definition),
    ("elf", elf),
    ("inrelease", inrelease),
    ("layer", layer),
    ("ldconf", ldconf),
    ("lock", lock),
    ("nar", nar),
    ("ninja", ninja),
    ("oci", oci),
    ("packages", packages),
    ("relations", relations),
    ("release", release),
    ("shell", shell),
    ("tar", tar),
    ("wheel", wheel),
];

/// The most that a decompressor may make of an input here.
const LIMIT: u64 = 1 << 20;

/// Cython's sources, as a commit has them: what a module is made of is in the tree, begins with the module, and is the same however
/// often it is asked for.
pub fn cython(data: &[u8]) -> bool {
    const MODULE: &str = "top/a.pyx";
    let places = [MODULE, "top/a.pxd", "top/b.pxd", "top/c.pxi", "top/part/__init__.pxd", "top/part/h.hpp"];
    let tree: BTreeMap<String, Vec<u8>> = places.iter().map(|place| ((*place).to_owned(), data.to_vec())).collect();
    let mut scanner = Scanner::new(&tree);
    let Ok(closure) = scanner.closure(MODULE) else { return false };
    assert!(closure.sources.contains(MODULE));
    assert!(closure.sources.iter().all(|path| tree.contains_key(path)));
    assert_eq!(scanner.closure(MODULE).as_ref(), Ok(&closure));
    assert_eq!(Scanner::new(&tree).closure(MODULE).as_ref(), Ok(&closure));
    let headers = scanner.local_headers(&closure.headers, [MODULE], &["", "top"]);
    headers.is_ok_and(|headers| headers.iter().all(|path| tree.contains_key(path)))
}

/// What meson writes for a commit's tree: each statement has a command or a reason, and what is made has the statement that makes it.
pub fn ninja(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else { return false };
    let Ok(ninja) = Ninja::parse(text) else { return false };
    for edge in ninja.edges() {
        _ = (ninja.command(edge), ninja.depfile(edge));
        assert!(edge.outputs.iter().all(|output| ninja.producer(output).is_some()));
    }
    let places = Places { source: "/build".to_owned(), build: "/build/builddir".to_owned() };
    _ = Description::parse(Written { ninja: text, install_plan: "{}", log: text }, &places);
    true
}

/// Unix archives: a member never gives more bytes than its header says.
pub fn ar(data: &[u8]) -> bool {
    let Ok(mut ar) = Ar::open(data) else { return false };
    loop {
        let member = match ar.next_member() {
            Ok(Some(member)) => member,
            end => return end.is_ok(),
        };
        let mut bytes = Vec::new();
        match ar.read_to_end(&mut bytes) {
            Ok(count) => assert_eq!(count as u64, member.size),
            Err(_) => return false,
        }
    }
}

/// tar with PAX and GNU's long names, as a package's, as our layer's and as another tool's: every path is relative and stays below
/// the root, no entry gives more content than it says, and what our layers may be, another tool's may be, too.
pub fn tar(data: &[u8]) -> bool {
    let [package, ours, foreign] = [Dialect::PACKAGE, Dialect::LAYER, Dialect::FOREIGN_LAYER].map(|dialect| {
        let mut reader = TarReader::new(data, dialect);
        entries(&mut reader)
    });
    if let Ok(ours) = &ours {
        assert_eq!(foreign.as_ref().ok(), Some(ours));
    }
    package.is_ok() || ours.is_ok() || foreign.is_ok()
}

/// All entries, the content of each read to its end.
fn entries(tar: &mut TarReader<&[u8]>) -> Result<Vec<Entry>, TarError> {
    let mut entries = Vec::new();
    while let Some(entry) = tar.next_entry()? {
        inside(entry.path.as_str());
        if let EntryKind::HardLink { target } = &entry.kind {
            inside(target.as_str());
        }
        let count = std::io::copy(tar, &mut std::io::sink())?;
        let is_removal = matches!(entry.kind, EntryKind::Whiteout | EntryKind::Opaque);
        assert!(count == entry.size() || is_removal, "{count} bytes of {entry:?}");
        entries.push(entry);
    }
    Ok(entries)
}

fn inside(path: &str) {
    assert!(!path.starts_with('/') && path.split('/').all(|part| part != ".."), "{path}");
}

/// Binary packages, their compressed members included.
pub fn deb(data: &[u8]) -> bool {
    let Ok(deb) = Deb::open_with_limit(data, LIMIT) else { return false };
    let control = deb.control().stanza().is_ok();
    let Ok(mut data) = deb.data(LIMIT) else { return false };
    let mut total = 0;
    let read = data.for_each(|entry, body| {
        inside(entry.path.as_str());
        total += std::io::copy(body, &mut std::io::sink())?;
        assert!(total <= LIMIT);
        Ok::<_, DebError>(())
    });
    control && read.is_ok()
}

/// deb822: what was read reads the same again.
pub fn deb822(data: &[u8]) -> bool {
    let mut reader = StanzaReader::new(data);
    loop {
        let stanza = match reader.next_stanza() {
            Ok(Some(stanza)) => stanza,
            end => return end.is_ok(),
        };
        let mut again = StanzaReader::new(stanza.as_str().as_bytes());
        assert_eq!(again.next_stanza().ok().flatten().as_ref(), Some(&stanza));
        let _ = IndexEntry::from_stanza(&stanza);
    }
}

/// Package indexes.
pub fn packages(data: &[u8]) -> bool {
    // After an error the index is over; an endless row of errors would be one here.
    let entries: Vec<bool> = read_packages(data).map(|entry| entry.is_ok()).take(data.len() + 2).collect();
    assert!(entries.len() <= data.len() + 1);
    !entries.is_empty() && entries.into_iter().all(|good| good)
}

/// Release files: paths of indexes stay below the suite.
pub fn release(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else { return false };
    let Ok(release) = Release::parse(text) else { return false };
    for path in release.files.keys() {
        inside(path);
        let _ = release.by_hash_path(path);
    }
    true
}

/// Signed release files: none is believed but those of the corpus, since nobody here has the key.
pub fn inrelease(data: &[u8]) -> bool {
    const KEY: &str = include_str!("../../../crates/fakes/suite/src/worthless-public-key.asc");
    const SIGNED: &str = "Origin: Test\nSuite: tiny\n";
    let keyring = Keyring::from_armored(&[("key", KEY)]).expect("the key is committed");
    let Ok(verified) = verify(data, &keyring) else { return false };
    // White space at line ends is not under the signature; the reader removes it.
    assert_eq!(verified.text, SIGNED);
    assert_eq!(verified.signers.len(), 1);
    true
}

/// Derivations: what was read can be written and is the same then.
pub fn aterm(data: &[u8]) -> bool {
    let Ok(derivation) = Derivation::parse("name", data) else { return false };
    let bytes = derivation.to_bytes();
    assert_eq!(Derivation::parse("name", &bytes).as_ref().ok(), Some(&derivation));
    true
}

/// Archives of Nix have no reader here, only a writer, whose names come from outside: bytes are taken as what a caller
/// does with it. Names come out in order or not at all.
pub fn nar(data: &[u8]) -> bool {
    let Ok(mut nar) = NarWriter::new(Vec::new()) else { return false };
    for line in data.split(|byte| *byte == b'\n') {
        let text = String::from_utf8_lossy(line);
        let (what, name) = text.split_at(text.chars().next().map_or(0, char::len_utf8));
        let done = match what {
            "d" => nar.directory(name),
            "e" => nar.end_directory(),
            "l" => nar.symlink(name, name),
            "x" => nar.file(name, true, name.len() as u64, name.as_bytes()),
            // One byte less than promised.
            "s" => nar.file(name, false, name.len() as u64 + 1, name.as_bytes()),
            _ => nar.file(name, false, name.len() as u64, name.as_bytes()),
        };
        if done.is_err() {
            return false;
        }
    }
    let Ok(bytes) = nar.finish() else { return false };
    assert!(bytes.starts_with(b"\x0d\0\0\0\0\0\0\0nix-archive-1") && bytes.len() % 8 == 0);
    true
}

/// Locks: what was read can be written and is the same then.
pub fn lock(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else { return false };
    let Ok(lock) = Lock::parse(text) else { return false };
    assert_eq!(Lock::parse(&lock.to_text()).as_ref().ok(), Some(&lock));
    let _ = lock.diff(&lock).lines();
    if let Some(package) = lock.packages.first() {
        let _ = lock.why(&package.name).map(|why| why.lines());
    }
    true
}

/// Definitions of images, channels and the census.
pub fn definition(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else { return false };
    let (image, channel) = (Image::parse("file", text), Channel::parse("file", text));
    if let Ok(image) = &image {
        for channel in image.channels() {
            for name in image.names() {
                let resolved = image.resolve(&name, &channel).expect("its own names and channels");
                assert!(resolved.wanted.iter().all(|wanted| wanted.line >= 1));
            }
        }
    }
    if let Ok(channel) = &channel {
        let _ = channel.apt_sources();
    }
    let census = Census::parse([("file", text)]);
    image.is_ok() || channel.is_ok() || census.is_ok()
}

/// Lists of checks.
pub fn checks(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else { return false };
    let Ok(checks) = Checks::parse(text) else { return false };
    checks.for_channel(&"sid".parse().expect("a channel's name")).is_ok()
}

/// The configuration of the loader, which includes other files: NUL begins a further one.
pub fn ldconf(data: &[u8]) -> bool {
    let text = String::from_utf8_lossy(data);
    let name = |(at, text): (usize, &str)| match at {
        0 => (CONF.to_owned(), text.to_owned()),
        _ => (format!("/etc/ld.so.conf.d/{at}.conf"), text.to_owned()),
    };
    let files: BTreeMap<String, String> = text.split('\0').enumerate().map(name).collect();
    let Ok(path) = search_path(&files, Architecture::Amd64) else { return false };
    // A relative one is kept as it is: so does ldconfig.
    assert!(path.iter().all(|folder| !folder.is_empty() && !folder.ends_with('/')), "{path:?}");
    true
}

/// Shared objects.
pub fn elf(data: &[u8]) -> bool {
    matches!(ElfFacts::read(Cursor::new(data)), Ok(Some(_)))
}

/// Layers, by whatever tool.
pub fn layer(data: &[u8]) -> bool {
    let mut total = 0;
    let read = read_foreign_layer(data, |_, body| {
        let mut part = body.take(LIMIT);
        total += std::io::copy(&mut part, &mut std::io::sink()).unwrap_or(LIMIT);
        let why = std::io::Error::other("enough");
        if total < LIMIT { Ok(()) } else { Err(LayerError::Read { source: why }) }
    });
    read.is_ok()
}

/// Documents of images: an index; or, behind NULs, a manifest, a configuration and the one blob that they speak of, with the digests that they
/// should have; or all of these, and the manifest's entry in the index before them. Nothing that an index leads to is valid unread.
pub fn oci(data: &[u8]) -> bool {
    let parts: Vec<&[u8]> = data.splitn(4, |byte| *byte == 0).collect();
    let source = match parts[..] {
        [index] => Documents { index: index.to_vec(), ..Documents::default() },
        [manifest, config] => Documents::of(None, manifest, config, b""),
        [manifest, config, blob] => Documents::of(None, manifest, config, blob),
        [entry, manifest, config, blob] => Documents::of(Some(entry), manifest, config, blob),
        _ => return false,
    };
    if let Ok(image) = OciImage::open(&source, Architecture::Amd64) {
        assert_eq!(image.layers.len(), image.config.rootfs.diff_ids.len());
        let _ = image.compressed_size();
    }
    // What was opened does not count as checked.
    source.read.lock().expect("one thread").clear();
    let Ok(report) = validate(&source, Depth::Full) else { return false };
    let index = serde_json::from_slice(&source.index).expect("what is valid is JSON");
    let unread = source.unread(Kind::Index, &index);
    assert!(unread.is_empty(), "valid, and nobody has read {unread:?}");
    report.complete().is_ok()
}

#[derive(Default)]
struct Documents {
    index: Vec<u8>,
    blobs: BTreeMap<BlobDigest, Vec<u8>>,
    /// How many bytes of each blob were read.
    read: Arc<Mutex<BTreeMap<BlobDigest, usize>>>,
}

impl Documents {
    /// An index of one manifest. The texts leave digests and sizes to be filled in.
    fn of(entry: Option<&[u8]>, manifest: &[u8], config: &[u8], blob: &[u8]) -> Self {
        let filled = |text: &[u8], name: &str, bytes: &[u8]| {
            String::from_utf8_lossy(text)
                .replace(&format!("{name}-DIGEST"), &digest_of(bytes).to_string())
                .replace(&format!("{name}-SIZE"), &bytes.len().to_string())
                .into_bytes()
        };
        let config = filled(config, "BLOB", blob);
        let manifest = filled(&filled(manifest, "BLOB", blob), "CONFIG", &config);
        let index = match entry {
            Some(entry) => [b"{\"manifests\":[", &filled(entry, "MANIFEST", &manifest)[..], b"]}"].concat(),
            None => {
                let mut descriptor = Descriptor::of(MediaType::MANIFEST, &manifest);
                descriptor.platform = Some(Platform::linux(Architecture::Amd64));
                serde_json::to_vec(&Index::new(vec![descriptor], BTreeMap::new())).expect("plain data")
            }
        };
        let blobs = [manifest, config, blob.to_vec()].map(|bytes| (digest_of(&bytes), bytes));
        Self { index, blobs: BTreeMap::from(blobs), ..Self::default() }
    }

    /// The blobs that a document leads to and that are here, but were not read to their end. It follows indexes and manifests, and knows
    /// of no kinds of members.
    fn unread(&self, kind: Kind, document: &serde_json::Value) -> Vec<BlobDigest> {
        let list = |key: &str| document[key].as_array().cloned().unwrap_or_default();
        let named = match kind {
            Kind::Index => list("manifests"),
            Kind::Manifest => [list("layers"), vec![document["config"].clone()]].concat(),
            _ => return Vec::new(),
        };
        let mut unread = Vec::new();
        for entry in named {
            let Ok(digest) = serde_json::from_value(entry["digest"].clone()) else { continue };
            let Some(bytes) = self.blobs.get(&digest) else { continue };
            if self.read.lock().expect("one thread").get(&digest).copied().unwrap_or_default() < bytes.len() {
                unread.push(digest);
            }
            let media_type: MediaType =
                serde_json::from_value(entry["mediaType"].clone()).expect("what is valid has one");
            if matches!(media_type.kind(), Kind::Manifest | Kind::Index) && kind == Kind::Index {
                let inside = serde_json::from_slice(bytes).expect("what is valid is JSON");
                unread.extend(self.unread(media_type.kind(), &inside));
            }
        }
        unread
    }
}

impl ImageSource for Documents {
    fn index(&self) -> Result<Vec<u8>, SourceError> {
        Ok(self.index.clone())
    }

    fn blob(&self, digest: &BlobDigest) -> Result<Option<Box<dyn Read + Send>>, SourceError> {
        let Some(bytes) = self.blobs.get(digest).cloned() else { return Ok(None) };
        Ok(Some(Box::new(Counted { bytes: Cursor::new(bytes), digest: *digest, read: Arc::clone(&self.read) })))
    }

    fn blob_size(&self, digest: &BlobDigest) -> Result<Option<u64>, SourceError> {
        Ok(self.blobs.get(digest).map(|bytes| bytes.len() as u64))
    }
}

/// A blob that says how much of it was read.
struct Counted {
    bytes: Cursor<Vec<u8>>,
    digest: BlobDigest,
    read: Arc<Mutex<BTreeMap<BlobDigest, usize>>>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.bytes.read(buffer)?;
        let mut read = self.read.lock().expect("one thread");
        let most = read.entry(self.digest).or_default();
        *most = (*most).max(usize::try_from(self.bytes.position()).unwrap_or(usize::MAX));
        Ok(count)
    }
}

/// Dependency fields, and versions: their order is one.
pub fn relations(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else { return false };
    let field = parse_relations(text, Architecture::Amd64).is_ok_and(|relations| !relations.is_empty());
    let versions: Vec<DebVersion> = text.split(',').filter_map(|word| DebVersion::parse(word.trim()).ok()).collect();
    for (a, b) in versions.iter().zip(versions.iter().skip(1)) {
        assert_eq!(a.cmp(b), b.cmp(a).reverse());
    }
    field || versions.len() > 1
}

/// Maintainer scripts and triggers, each by itself. The reader follows each; the same script is judged the same.
pub fn shell(data: &[u8]) -> bool {
    let name = PackageName::parse("package").expect("a package's name");
    let mut understood = false;
    for kind in ["preinst", "postinst", "triggers"] {
        let scripts = BTreeMap::from([(kind.to_owned(), data.to_vec())]);
        let package = Package { name: &name, version: "1-1", scripts: &scripts };
        let judged = Census::default().judge(&package);
        assert_eq!(judged.as_ref().ok(), Census::default().judge(&package).as_ref().ok());
        understood |= judged.is_ok();
    }
    understood
}

/// Python wheels: nothing is installed outside the layout, and no path twice.
pub fn wheel(data: &[u8]) -> bool {
    let layout = Layout::debian_local("3.14");
    let Ok(installed) = install(Cursor::new(data), "demo", "1.0", &layout, |_| true) else { return false };
    assert!(installed.files.is_sorted_by(|a, b| a.path < b.path));
    for file in &installed.files {
        assert!(
            file.path.starts_with("usr/local/") && file.path.split('/').all(|part| !matches!(part, "" | "." | ".."))
        );
    }
    true
}
