use crate::error::list;
use crate::extension::Part;
use crate::unique::{check_images, check_names};
use crate::written::{Body, LeftOut};
use crate::{Config, DefinitionError, FileEntry, FileKind, Located, Repository, Source, Upstream, User, Wheel};
use sage_oci_names::{ChannelName, Compression, ImageName, PackageName, SourceName};
use serde::{Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};

/// An image definition: what it holds and how it runs, for all its channels and variants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Its name.
    pub name: ImageName,
    file: String,
    text: String,
    body: Body,
    /// The image that it extends.
    base: Option<Box<Image>>,
}

/// One image of one channel, with every override applied.
///
/// Serialised, it is what it decides of an image of a given lock: without what only the next lock depends on, reasons, addresses of
/// archives whose digests are there, and how layers are compressed. Two that serialise alike make the same content of one lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Resolved {
    /// The image, or the variant, that was asked for.
    pub name: ImageName,
    /// The image whose layers it has; itself unless it is a variant.
    pub layers_of: ImageName,
    /// The image whose layers lie below its own, if it extends one. Packages and files here are then its own alone.
    pub extends: Option<Box<Resolved>>,
    /// The channel.
    pub channel: ChannelName,
    /// The channel that is meant where nobody names one.
    pub default_channel: ChannelName,
    /// `org.opencontainers.image.title`.
    pub title: String,
    /// `org.opencontainers.image.description`.
    pub description: String,
    /// `org.opencontainers.image.url`.
    pub url: String,
    /// `org.opencontainers.image.source`, where the definition's repository is public.
    pub repository: Option<Repository>,
    /// `org.opencontainers.image.licenses`, an SPDX expression.
    pub licenses: String,
    /// The package whose version the image carries.
    pub version_of: PackageName,
    /// Source packages whose layers lie on top.
    #[serde(skip)]
    pub payload: Vec<SourceName>,
    /// Local tags beside the version.
    #[serde(skip)]
    pub tags: Vec<String>,
    /// Packages asked for.
    #[serde(serialize_with = "names")]
    pub wanted: Vec<Located<PackageName>>,
    /// Packages left out, beside those that the extended image leaves out.
    #[serde(skip)]
    pub left_out: Vec<LeftOut>,
    /// Globs of names that the extended image leaves out and this one does not.
    #[serde(skip)]
    pub brought_back: Vec<String>,
    /// The image's user.
    pub user: User,
    /// How it runs.
    pub config: Config,
    /// Files that are placed.
    #[serde(serialize_with = "entries")]
    pub files: Vec<(FileEntry, FileKind)>,
    /// Source trees.
    pub sources: Vec<Source>,
    /// Python wheels.
    pub wheels: Vec<Wheel>,
    /// What a commit of the project's own repository changes; nothing can be said of commits where there is none.
    /// It is serialised by itself, with an image of a commit.
    #[serde(skip)]
    pub upstream: Option<Upstream>,
    /// How its layers are stored.
    #[serde(skip)]
    pub compression: Compression,
    /// Globs of paths that are not unpacked.
    pub exclude: Vec<String>,
    /// Globs that win over `exclude`.
    pub include: Vec<String>,
}

impl Image {
    /// Parses the definition of an image that stands alone; `file` is its name in errors.
    ///
    /// # Errors
    /// [`DefinitionError`] with the line of what is wrong.
    pub fn parse(file: &str, text: &str) -> Result<Self, DefinitionError> {
        Self::parse_all(&[(file.to_owned(), text.to_owned())])?
            .pop()
            .ok_or_else(|| DefinitionError::at(file, 1, "there is no image in it"))
    }

    /// Parses definitions, given as file names and texts, some of which may extend others of them.
    ///
    /// # Errors
    /// [`DefinitionError`] with the line of what is wrong; an image that extends one which is not there, or which extends
    /// another one itself; two images or variants of one name.
    pub fn parse_all(files: &[(String, String)]) -> Result<Vec<Self>, DefinitionError> {
        let parts = files.iter().map(|(file, text)| Part::parse(file, text)).collect::<Result<Vec<_>, _>>()?;
        check_images(files.iter().map(|(file, _)| file.as_str()).zip(&parts))?;
        let mut alone = BTreeMap::new();
        for ((file, text), part) in files.iter().zip(&parts) {
            if let Part::Alone(body) = part {
                alone.insert(body.name.clone(), Self::new(file, text, (**body).clone(), None)?);
            }
        }
        let one = |((file, text), part): (&(String, String), Part)| match part {
            Part::Alone(body) => Ok(alone[&body.name].clone()),
            Part::Above(extension) => {
                let (line, wanted) = extension.extends(file, text);
                let base = alone.get(&wanted).ok_or_else(|| {
                    let message = match wanted == extension.name {
                        true => "an image cannot extend itself".to_owned(),
                        false => not_a_base(&wanted, &alone),
                    };
                    DefinitionError::at(file, line, message)
                })?;
                let body = extension.body(file, text, &base.body)?;
                Self::new(file, text, body, Some(Box::new(base.clone())))
            }
        };
        files.iter().zip(parts).map(one).collect()
    }

    fn new(file: &str, text: &str, body: Body, base: Option<Box<Self>>) -> Result<Self, DefinitionError> {
        if base.is_none() {
            check_whole(file, text, &body)?;
        }
        for entry in body.files.iter().chain(body.channels.values().flat_map(|part| &part.get_ref().files)) {
            let located = Located::new(file, text, entry.clone());
            located.value.kind().map_err(|message| DefinitionError::at(file, located.line, message))?;
        }
        for source in body.sources.iter().chain(body.channels.values().flat_map(|part| &part.get_ref().sources)) {
            let located = Located::new(file, text, source.clone());
            located.value.check().map_err(|message| DefinitionError::at(file, located.line, message))?;
        }
        for wheel in body.wheels.iter().chain(body.channels.values().flat_map(|part| &part.get_ref().wheels)) {
            let located = Located::new(file, text, wheel.clone());
            located.value.check().map_err(|message| DefinitionError::at(file, located.line, message))?;
        }
        // An extension has that of the image below, whose file it is checked in.
        for upstream in
            body.channels.values().filter_map(|part| part.get_ref().upstream.as_ref()).filter(|_| base.is_none())
        {
            let located = Located::new(file, text, upstream.clone());
            located.value.check().map_err(|message| DefinitionError::at(file, located.line, message))?;
        }
        check_names(file, text, &body, base.as_deref().map(|base| &base.body))?;
        let packages = || std::iter::once(&body.packages).chain(body.channels.values().map(|p| &p.get_ref().packages));
        for wanted in packages().flat_map(|packages| &packages.wanted) {
            let located = Located::new(file, text, wanted.clone());
            PackageName::parse(&located.value)
                .map_err(|error| DefinitionError::at(file, located.line, error.to_string()))?;
        }
        if let (None, Some(glob)) = (&base, packages().flat_map(|packages| &packages.brought_back).next()) {
            let line = Located::new(file, text, glob.clone()).line;
            let message = "`brought-back` is for images that extend another one";
            return Err(DefinitionError::at(file, line, message));
        }
        Ok(Self { name: body.name.clone(), file: file.to_owned(), text: text.to_owned(), body, base })
    }

    /// The image that it extends.
    pub fn base(&self) -> Option<&ImageName> {
        self.base.as_ref().map(|base| &base.name)
    }

    /// The names that [`Image::resolve`] accepts: the image and its variants.
    pub fn names(&self) -> Vec<ImageName> {
        std::iter::once(self.name.clone()).chain(self.body.variants.keys().cloned()).collect()
    }

    /// The files that define it: its own, then that of the image that it extends.
    pub fn files(&self) -> Vec<&str> {
        let base = self.base.iter().flat_map(|base| base.files());
        std::iter::once(self.file.as_str()).chain(base).collect()
    }

    /// The channels it is made for.
    pub fn channels(&self) -> Vec<ChannelName> {
        self.body.channels.keys().cloned().collect()
    }

    /// Fails unless the channels it is made for are all among `known`.
    ///
    /// # Errors
    /// [`DefinitionError::Syntax`] with the line of the part for a channel that there is not.
    pub fn check_channels(&self, known: &[ChannelName]) -> Result<(), DefinitionError> {
        for (name, part) in &self.body.channels {
            if !known.contains(name) {
                let line = Located::new(&self.file, &self.text, part.clone()).line;
                let message = format!("there is no channel `{name}`; there are {}", list(known));
                return Err(DefinitionError::at(&self.file, line, message));
            }
        }
        Ok(())
    }

    /// The channel that is meant where nobody names one.
    pub fn default_channel(&self) -> &ChannelName {
        self.body.default_channel.get_ref()
    }

    /// One image of one channel; `name` is the image's own or a variant's.
    ///
    /// # Errors
    /// [`DefinitionError::NoSuchChannel`].
    pub fn resolve(&self, name: &ImageName, channel: &ChannelName) -> Result<Resolved, DefinitionError> {
        let body = &self.body;
        let part =
            body.channels.get(channel).map(toml::Spanned::get_ref).ok_or_else(|| DefinitionError::NoSuchChannel {
                image: self.name.clone(),
                channel: channel.clone(),
                known: self.channels(),
            })?;
        let base = match &self.base {
            Some(base) => Some(Box::new(base.resolve(&base.name, channel)?)),
            None => None,
        };
        let mut config = body.config.overlaid(&part.config);
        if let Some(base) = &base {
            config = base.config.overlaid(&config);
        }
        let (mut title, mut description) = (body.title.clone(), body.description.clone());
        if let Some(variant) = body.variants.get(name) {
            config = config.overlaid(&variant.config);
            (title, description) = (variant.title.clone(), variant.description.clone());
        }
        let wanted = body.packages.wanted.iter().chain(&part.packages.wanted);
        let brought_back = body.packages.brought_back.iter().chain(&part.packages.brought_back);
        let files = body.files.iter().chain(&part.files).map(|entry| entry.clone().into_inner());
        Ok(Resolved {
            name: name.clone(),
            layers_of: self.name.clone(),
            extends: base,
            channel: channel.clone(),
            default_channel: self.default_channel().clone(),
            title,
            description,
            url: body.url.clone(),
            repository: body.repository.clone(),
            licenses: body.licenses.clone(),
            version_of: body.version_of.clone(),
            payload: body.payload.clone(),
            tags: part.tags.clone(),
            wanted: wanted
                .map(|name| {
                    let Located { value, file, line } = Located::new(&self.file, &self.text, name.clone());
                    Located {
                        value: PackageName::parse(&value).expect("checked when the definition was parsed"),
                        file,
                        line,
                    }
                })
                .collect(),
            left_out: body.packages.left_out.iter().chain(&part.packages.left_out).cloned().collect(),
            brought_back: brought_back.map(|glob| glob.get_ref().clone()).collect(),
            user: body.user.clone(),
            config,
            files: files.filter_map(|entry| entry.kind().ok().map(|kind| (entry, kind))).collect(),
            sources: body.sources.iter().chain(&part.sources).map(|source| source.get_ref().clone()).collect(),
            wheels: body.wheels.iter().chain(&part.wheels).map(|wheel| wheel.get_ref().clone()).collect(),
            upstream: part.upstream.as_ref().map(|upstream| upstream.get_ref().clone()),
            compression: body.compression.get_ref().parse().expect("checked when the definition was parsed"),
            exclude: body.exclude.iter().chain(&part.exclude).cloned().collect(),
            include: body.include.iter().chain(&part.include).cloned().collect(),
        })
    }
}

/// Names that are asked for, wherever and in whatever order.
fn names<S: Serializer>(wanted: &[Located<PackageName>], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(wanted.iter().map(|name| &name.value).collect::<BTreeSet<_>>())
}

fn entries<S: Serializer>(files: &[(FileEntry, FileKind)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(files.iter().map(|(entry, _)| entry))
}

/// What only an image that stands alone says, and an extension takes from it.
fn check_whole(file: &str, text: &str, body: &Body) -> Result<(), DefinitionError> {
    let compression = Located::new(file, text, body.compression.clone());
    compression.value.parse().map_err(|why| DefinitionError::at(file, compression.line, why))?;
    let default = Located::new(file, text, body.default_channel.clone());
    if !body.channels.contains_key(&default.value) {
        let message = format!("the image has no `[channels.{}]`, which `default-channel` names", default.value);
        return Err(DefinitionError::at(file, default.line, message));
    }
    Ok(())
}

fn not_a_base(wanted: &ImageName, alone: &BTreeMap<ImageName, Image>) -> String {
    let known: Vec<String> = alone.keys().map(|name| format!("`{name}`")).collect();
    format!("there is no image `{wanted}` that stands alone; there are {}", known.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"format = 1
name = "tiny"
title = "Tiny"
description = "A test"
url = "https://example.org"
licenses = "MIT"
version-of = "hello"
default-channel = "sid"
payload = ["hello"]
compression = { algorithm = "zstd", level = 3 }

[packages]
wanted = [
  "hello",
  "sudo",
]
[[packages.left-out]]
names = ["node-*"]
reason = "not used at run time"

[user]
name = "me"
id = 1000
home = "/home/me"
shell = "/bin/bash"

[config]
cmd = ["hello"]
env = { LANG = "C.UTF-8" }

[[files]]
path = "/usr/local/bin/x"
link = "hello"

[channels.sid]
[channels.bookworm]
packages.wanted = ["old-hello"]

[variants.tiny-jupyter]
title = "Tiny notebook"
description = "x"
config.cmd = ["jupyter"]
"#;

    fn name<T: std::str::FromStr>(text: &str) -> T
    where
        T::Err: std::fmt::Debug,
    {
        text.parse().unwrap()
    }

    #[test]
    fn channels_add_and_variants_replace() {
        let image = Image::parse("tiny.toml", TEXT).unwrap();
        let plain = image.resolve(&name("tiny"), &name("sid")).unwrap();
        assert_eq!(
            plain.wanted.iter().map(|w| (w.value.as_str(), w.line)).collect::<Vec<_>>(),
            [("hello", 14), ("sudo", 15)]
        );
        assert_eq!(plain.files[0].1, FileKind::Link("hello".into()));
        let variant = image.resolve(&name("tiny-jupyter"), &name("bookworm")).unwrap();
        assert_eq!(variant.wanted.len(), 3);
        assert_eq!(variant.config.cmd.as_deref(), Some(&["jupyter".to_owned()][..]));
        assert_eq!(variant.config.env["LANG"], "C.UTF-8");
        assert_eq!(variant.layers_of, name("tiny"));
    }

    #[test]
    fn a_directory_may_be_searched_where_nothing_is_said() {
        let kinds = ["link = \"x\"", "directory = true", "directory = true\nmode = \"0700\""];
        let placed = kinds.map(|kind| {
            let image = Image::parse("tiny.toml", &TEXT.replace("link = \"hello\"", kind)).unwrap();
            let (entry, kind) = image.resolve(&name("tiny"), &name("sid")).unwrap().files[0].clone();
            (kind, entry.mode().to_owned())
        });
        let directory = |mode: &str| (FileKind::Directory, mode.to_owned());
        assert_eq!(placed, [(FileKind::Link("x".into()), "0644".to_owned()), directory("0755"), directory("0700")]);
    }

    #[test]
    fn errors_name_the_line() {
        for (from, to, line, word) in [
            ("id = 1000", "id = 1000\nshel = 1", 24, "shel"),
            ("\"sudo\"", "\"Sudo\"", 15, "lower-case"),
            ("link = \"hello\"", "", 31, "either"),
            ("link = \"hello\"", "link = \"hello\"\nmode = \"755\"", 31, "four octal digits"),
            ("link = \"hello\"", "link = \"hello\"\ndirectory = true", 31, "either"),
            ("link = \"hello\"", "directory = true\ndivert = true", 31, "not diverted"),
            ("link = \"hello\"", "patch = \"x.patch\"\ndivert = true", 31, "needs `of`"),
            ("link = \"hello\"", "patch = \"x.patch\"\nof = \"hello\"", 31, "`divert = true`"),
            (
                "path = \"/usr/local/bin/x\"",
                "path = \"/usr/lib/x.py\"\ndivert = true",
                31,
                "a Python module is not diverted",
            ),
            ("link = \"hello\"", "patch = \"a/x.patch\"\nof = \"hello\"\ndivert = true", 31, "file name"),
            ("link = \"hello\"", "link = \"hello\"\nof = \"hello\"", 31, "for a `patch`"),
        ] {
            let error = Image::parse("tiny.toml", &TEXT.replace(from, to)).unwrap_err().to_string();
            assert!(error.starts_with(&format!("tiny.toml:{line}:")) && error.contains(word), "{error}");
        }
    }

    const DEV: &str = r#"format = 1
name = "tiny-dev"
extends = "tiny"
title = "Tiny to work on"
description = "A test"

[packages]
wanted = ["gcc"]
brought-back = ["node-*"]

[config]
cmd = ["bash"]

[channels.sid]
packages.wanted = ["meson"]
"#;

    fn both(dev: &str) -> Result<Vec<Image>, DefinitionError> {
        Image::parse_all(&[("a.toml".to_owned(), dev.to_owned()), ("tiny.toml".to_owned(), TEXT.to_owned())])
    }

    #[test]
    fn an_extension_takes_what_it_does_not_say() {
        let images = both(DEV).unwrap();
        assert_eq!(images[0].base(), Some(&images[1].name));
        let dev = images[0].resolve(&name("tiny-dev"), &name("sid")).unwrap();
        assert_eq!(dev.wanted.iter().map(|w| w.value.as_str()).collect::<Vec<_>>(), ["gcc", "meson"]);
        assert_eq!((dev.config.cmd.as_deref(), &*dev.config.env["LANG"]), (Some(&["bash".to_owned()][..]), "C.UTF-8"));
        assert_eq!((dev.user.id, dev.compression.level(), dev.files.len(), dev.payload.len()), (1000, 3, 0, 0));
        assert_eq!(dev.brought_back, ["node-*"]);
        assert_eq!(*dev.extends.unwrap(), images[1].resolve(&name("tiny"), &name("sid")).unwrap());
        // A channel of the base that the extension does not speak of.
        assert_eq!(images[0].resolve(&name("tiny-dev"), &name("bookworm")).unwrap().wanted.len(), 1);
    }

    const SOURCE: &str = r#"[[channels.sid.sources]]
name = "tiny"
version = "1.0"
urls = ["https://a.example/x/tiny-1.0.tar.gz", "https://b.example/tiny-1.0.tar.gz"]
sha256 = "0000000000000000000000000000000000000000000000000000000000000001"
size = 5
path = "/home/me/tiny"
author = "Me <me@example.org>"
"#;

    #[test]
    fn sources_are_a_channel_s_and_their_errors_name_the_line() {
        let images = both(&format!("{DEV}\n{SOURCE}")).unwrap();
        let source = images[0].resolve(&name("tiny-dev"), &name("sid")).unwrap().sources.remove(0);
        assert_eq!(source.archive().file_name(), "tiny-1.0.tar.gz");
        assert_eq!(source.archive().roots(), ["https://a.example/x", "https://b.example"]);
        assert!(images[0].resolve(&name("tiny-dev"), &name("bookworm")).unwrap().sources.is_empty());
        for (from, to, word) in [
            ("b.example/tiny-1.0", "b.example/tiny-1.1", "one file name"),
            ("https://a", "ftp://a", "web addresses"),
            ("/home/me/tiny", "home/me", "absolute"),
            ("\"1.0\"", "\"1 0\"", "one word"),
        ] {
            let error = both(&format!("{DEV}\n{}", SOURCE.replace(from, to))).unwrap_err().to_string();
            assert!(error.starts_with("a.toml:17:") && error.contains(word), "{error}");
        }
    }

    const WHEEL: &str = r#"[[channels.sid.wheels]]
name = "some-tool"
version = "1.0"
urls = ["https://a.example/x/some_tool-1.0-py3-none-any.whl"]
sha256 = "0000000000000000000000000000000000000000000000000000000000000001"
size = 5
reason = "newer"
exclude = ["/usr/local/bin/*"]
"#;

    #[test]
    fn wheels_are_a_channel_s_and_their_errors_name_the_line() {
        let image = Image::parse("tiny.toml", &format!("{TEXT}\n{WHEEL}")).unwrap();
        let wheels = image.resolve(&name("tiny"), &name("sid")).unwrap().wheels;
        assert_eq!((wheels.len(), wheels[0].archive().file_name()), (1, "some_tool-1.0-py3-none-any.whl"));
        assert!(image.resolve(&name("tiny"), &name("bookworm")).unwrap().wheels.is_empty());
        let line = TEXT.lines().count() + 2;
        for (from, to, word) in [
            ("some_tool-1.0-py3", "some_tool-1.1-py3", "some_tool-1.0-"),
            ("none-any.whl", "cp314-linux_x86_64.whl", "compiled"),
            ("\"/usr/local", "\"usr/local", "absolute"),
            ("https://a", "ftp://a", "web addresses"),
        ] {
            let text = format!("{TEXT}\n{}", WHEEL.replace(from, to));
            let error = Image::parse("tiny.toml", &text).unwrap_err().to_string();
            assert!(error.starts_with(&format!("tiny.toml:{line}:")) && error.contains(word), "{error}");
        }
        let error = Image::parse("tiny.toml", &format!("{TEXT}\n{WHEEL}\n{WHEEL}")).unwrap_err().to_string();
        let second = line + WHEEL.lines().count() + 1;
        assert!(error.starts_with(&format!("tiny.toml:{second}:")) && error.contains("another"), "{error}");
    }

    #[test]
    fn a_channel_leaves_out_more_and_an_extension_takes_it_over() {
        let text = TEXT
            .replace("[packages]", "exclude = [\"/a/*\"]\n[packages]")
            .replace("[channels.sid]", "[channels.sid]\nexclude = [\"/b/*\"]\ninclude = [\"/b/c\"]");
        let files = [("a.toml", DEV), ("tiny.toml", &text)].map(|(f, t)| (f.to_owned(), t.to_owned()));
        let images = Image::parse_all(&files).unwrap();
        for (image, of) in [(&images[0], "tiny-dev"), (&images[1], "tiny")] {
            let sid = image.resolve(&name(of), &name("sid")).unwrap();
            assert_eq!((sid.exclude, sid.include), (vec!["/a/*".to_owned(), "/b/*".into()], vec!["/b/c".to_owned()]));
            assert_eq!(image.resolve(&name(of), &name("bookworm")).unwrap().exclude, ["/a/*"]);
        }
        let error = both(&DEV.replace("packages.wanted", "exclude = [\"/x\"]\npackages.wanted")).unwrap_err();
        assert!(error.to_string().starts_with("a.toml:14:"), "{error}");
    }

    #[test]
    fn an_extension_that_cannot_be_names_the_line() {
        for (from, to, line, word) in [
            ("extends = \"tiny\"", "extends = \"tinny\"", 3, "`tiny`"),
            ("extends = \"tiny\"", "extends = \"tiny-dev\"", 3, "itself"),
            ("[config]", "user = 1\n[config]", 11, "user"),
            ("[channels.sid]", "[channels.trixie]", 14, "no channel `trixie`"),
            ("packages.wanted", "tags = [\"x\"]\npackages.wanted", 14, "tags"),
        ] {
            let error = both(&DEV.replace(from, to)).unwrap_err().to_string();
            assert!(error.starts_with(&format!("a.toml:{line}:")) && error.contains(word), "{error}");
        }
        // A chain: what is extended must stand alone.
        let chain = DEV.replace("\"tiny-dev\"", "\"third\"").replace("\"tiny\"", "\"tiny-dev\"");
        let files =
            [("a.toml", DEV), ("b.toml", &chain), ("tiny.toml", TEXT)].map(|(f, t)| (f.to_owned(), t.to_owned()));
        let error = Image::parse_all(&files).unwrap_err().to_string();
        assert!(error.starts_with("b.toml:3:") && error.contains("stands alone"), "{error}");
        let error = Image::parse("tiny.toml", &TEXT.replace("[packages]\n", "[packages]\nbrought-back = [\"x\"]\n"))
            .unwrap_err();
        assert!(error.to_string().starts_with("tiny.toml:13:"), "{error}");
    }

    #[test]
    fn an_unknown_channel_lists_the_known() {
        let image = Image::parse("tiny.toml", TEXT).unwrap();
        let error = image.resolve(&name("tiny"), &name("trixie")).unwrap_err().to_string();
        assert!(error.contains("`bookworm`, `sid`"), "{error}");
    }
}
