//! Images that are compared or verified, wherever they are.

use super::build;
use crate::architectures::Architectures;
use crate::cli::{self, Choice, Place, Subject};
use crate::context::{Context, Locked};
use crate::runtime::runtime;
use crate::{Failure, Printer, registries};
use sage_oci_delta::ImageDocument;
use sage_oci_engine::Engine;
use sage_oci_image::{Image, ImageSource, Member, members};
use sage_oci_layout::LayoutDir;
use sage_oci_names::{Architecture, EngineImage, ImageName};
use sage_oci_saved::{Saved, pipe};

/// An image whose documents were read.
pub struct Opened {
    /// What it was called.
    name: String,
    /// Where its layers are.
    pub source: Box<dyn ImageSource>,
    /// Its documents.
    pub image: Image,
    /// Whether its layers are on this machine.
    pub is_near: bool,
    /// Whether its manifest is its own, and not made for one that an engine has sent.
    pub has_manifest: bool,
}

impl Opened {
    /// What is told of it.
    pub fn document(&self) -> ImageDocument {
        let image = &self.image;
        let digest = if self.has_manifest { image.descriptor.digest } else { image.manifest.config.digest };
        ImageDocument {
            name: self.name.clone(),
            digest: digest.to_string(),
            platform: image.platform(),
            layers: image.layers.len(),
            compressed: self.has_manifest.then(|| image.compressed_size()),
        }
    }
}

/// Both images.
pub enum Pair {
    /// They are one, as their digests say: nothing need be read.
    Equal([ImageDocument; 2]),
    /// They may differ.
    Two(Box<[Opened; 2]>),
}

/// An image in an engine, of which only its Id is known.
struct InEngine {
    name: EngineImage,
    id: String,
    platform: String,
    layers: usize,
}

/// What is known of a side before an engine is asked for content.
enum Half {
    Opened(Box<Opened>),
    InEngine(InEngine),
}

/// Opens both images. What an engine has is fetched from it only where its Id is not that of the other image.
pub fn open(
    context: impl Fn() -> Result<Context, Failure>,
    options: &cli::Diff,
    printer: Printer,
) -> Result<Pair, Failure> {
    let halves = [half(&context, options, &options.old, false)?, half(&context, options, &options.new, true)?];
    let texts = [&options.old.text, &options.new.text];
    if same(&halves) {
        let [old, new] = [0, 1].map(|side| told(&halves[side], texts[side]));
        return Ok(Pair::Equal([old, new]));
    }
    let [old, new] = halves;
    let old = whole(old, texts[0], options.arch, printer)?;
    Ok(Pair::Two(Box::new([old, whole(new, texts[1], options.arch, printer)?])))
}

/// Whether an Id of an engine says that both are one image. An engine calls one by its configuration or by its manifest.
fn same(halves: &[Half; 2]) -> bool {
    match halves {
        [Half::InEngine(old), Half::InEngine(new)] => old.id == new.id,
        [Half::Opened(opened), Half::InEngine(engine)] | [Half::InEngine(engine), Half::Opened(opened)] => {
            let image = &opened.image;
            [image.manifest.config.digest, image.descriptor.digest].iter().any(|digest| digest.to_string() == engine.id)
        }
        [Half::Opened(_), Half::Opened(_)] => false,
    }
}

fn told(half: &Half, text: &str) -> ImageDocument {
    match half {
        // Both by what the engine knows.
        Half::Opened(opened) => ImageDocument { name: text.to_owned(), ..opened.document() },
        Half::InEngine(engine) => ImageDocument {
            name: text.to_owned(),
            digest: engine.id.clone(),
            platform: engine.platform.clone(),
            layers: engine.layers,
            compressed: None,
        },
    }
}

/// The image of the project that a side names, whose lock is known without asking; none where it names another.
pub fn locked(context: &Context, side: &cli::Side, choice: &Choice) -> Result<Option<Locked>, Failure> {
    let target = side.place.of_project().map(|name| side.place.choice(choice).of(name.clone()));
    target.map(|target| context.locked(&target)).transpose()
}

/// Opens one image: of the project, which is built first if it is not there.
pub fn open_built(context: &Context, side: &cli::Side, locked: &Locked) -> Result<Opened, Failure> {
    let (source, image, is_near) = built(context, locked)?;
    Ok(Opened { name: side.text.clone(), source, image, is_near, has_manifest: true })
}

/// Opens one image that is not to be built.
pub fn open_foreign(
    side: &cli::Side,
    arch: Option<Architecture>,
    registry: &cli::Registry,
    printer: Printer,
) -> Result<Opened, Failure> {
    let none = || Err(Failure::new("it is one to be built", None));
    whole(foreign(side, arch, registry)?.map_or_else(none, Ok)?, &side.text, arch, printer)
}

fn half(
    context: &impl Fn() -> Result<Context, Failure>,
    options: &cli::Diff,
    side: &cli::Side,
    is_second: bool,
) -> Result<Half, Failure> {
    if let Some(half) = foreign(side, options.arch, &options.registry)? {
        return Ok(half);
    }
    let built = |image: &ImageName, choice: Choice| {
        let arch = options.arch.map(|arch| Architectures::These(vec![arch]));
        let source = if is_second { options.source.clone() } else { cli::Source::default() };
        of_project(&context()?, image, &Choice { arch, source, ..choice })
    };
    let choice = side.place.choice(&Choice::default());
    let Some(image) = side.place.of_project() else { return Err(Failure::new("it is none of the project", None)) };
    let (source, image, is_near) = built(image, choice)?;
    Ok(Half::Opened(Box::new(Opened { name: side.text.clone(), source, image, is_near, has_manifest: true })))
}

/// An image that is none to be built; none where it is.
fn foreign(side: &cli::Side, arch: Option<Architecture>, registry: &cli::Registry) -> Result<Option<Half>, Failure> {
    let named = |failure: Failure| failure.at(&side.text);
    let (source, image, is_near): (Box<dyn ImageSource>, Image, bool) = match &side.place {
        Place::Engine(name) => return in_engine(name).map(|found| Some(Half::InEngine(found))),
        Place::Subject(Subject::Image(_)) | Place::Channel(..) | Place::Lock(..) => return Ok(None),
        Place::Subject(Subject::Layout(folder)) => {
            let layout = LayoutDir::open(folder)?;
            let image = one(&layout, arch).map_err(named)?;
            (Box::new(layout), image, true)
        }
        Place::Subject(Subject::Remote(remote)) => {
            let remote = registries::image(remote, registry)?;
            let image = one(&remote, arch).map_err(named)?;
            (Box::new(remote), image, false)
        }
    };
    let name = side.text.clone();
    Ok(Some(Half::Opened(Box::new(Opened { name, source, image, is_near, has_manifest: true }))))
}

type Read = (Box<dyn ImageSource>, Image, bool);

fn of_project(context: &Context, image: &ImageName, choice: &Choice) -> Result<Read, Failure> {
    built(context, &context.locked(&choice.of(image.clone()))?)
}

fn built(context: &Context, locked: &Locked) -> Result<Read, Failure> {
    let built = build::realise(context, locked, &cli::Building::default(), None)?;
    let image = build::open(&built, locked)?;
    Ok((Box::new(LayoutDir::open(&built.folder)?), image, true))
}

/// The image of a source, of the architecture that is asked for, or the only one.
fn one(source: &dyn ImageSource, architecture: Option<Architecture>) -> Result<Image, Failure> {
    if let Some(architecture) = architecture {
        return Ok(Image::open(source, architecture)?);
    }
    let (mut images, mut absent): (Vec<Image>, usize) = (Vec::new(), 0);
    for member in members(source)? {
        match Member::read(source, &member)? {
            Member::Image(image) if images.iter().all(|known| known.descriptor.digest != image.descriptor.digest) => {
                images.push(*image);
            }
            Member::Absent(_) => absent += 1,
            Member::Image(_) | Member::Other(_) => {}
        }
    }
    let platforms: Vec<String> = images.iter().map(Image::platform).collect();
    match (images.pop(), images.len()) {
        (Some(image), 0) => Ok(image),
        (None, _) => {
            let absent = if absent > 0 { format!(", and lacks {absent} that its index names") } else { String::new() };
            Err(Failure::new(format_args!("it has no image{absent}"), None))
        }
        (Some(_), _) => {
            let hint = "say which of them with `--arch`, as `--arch amd64`".to_owned();
            Err(Failure::new(format_args!("it has several images: {}", platforms.join(", ")), Some(hint)))
        }
    }
}

fn in_engine(name: &EngineImage) -> Result<InEngine, Failure> {
    let found = runtime()?.block_on(async { Engine::connect().await?.image(name).await })?;
    let id = found.id.unwrap_or_default();
    // podman leaves the algorithm out.
    let id = if id.contains(':') { id } else { format!("sha256:{id}") };
    let platform = format!("{}/{}", found.os.unwrap_or_default(), found.architecture.unwrap_or_default());
    let layers = found.root_fs.and_then(|root| root.layers).unwrap_or_default().len();
    Ok(InEngine { name: name.clone(), id, platform, layers })
}

/// Reads the image of an engine, which writes all of it into a file here.
fn whole(half: Half, text: &str, architecture: Option<Architecture>, printer: Printer) -> Result<Opened, Failure> {
    let engine = match half {
        Half::Opened(opened) => return Ok(*opened),
        Half::InEngine(engine) => engine,
    };
    printer.step("Fetching", format_args!("{} from the engine", engine.name));
    let (sender, reader) = pipe();
    let unpacking = std::thread::spawn(move || Saved::unpack(reader));
    let sent = runtime()?.block_on(async move {
        let connected = Engine::connect().await?;
        connected.save(&engine.name, |chunk| sender.send(chunk)).await
    });
    let unpacked = unpacking.join().map_err(|_| Failure::new("a thread that was reading an image died", None))?;
    // Of a stream that ended early its beginning was read for a whole one, perhaps.
    sent?;
    let saved = unpacked?;
    let image = one(&saved, architecture).map_err(|failure| failure.at(text))?;
    let has_manifest = saved.is_layout();
    Ok(Opened { name: text.to_owned(), source: Box::new(saved), image, is_near: true, has_manifest })
}
