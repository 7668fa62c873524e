use crate::head::Head;
use globset::{GlobBuilder, GlobMatcher};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// One way to go wrong.
#[derive(Debug, Clone)]
pub enum Fault {
    /// This status, with the spec's code for it.
    Status(u16),
    /// This status with this code in the JSON.
    Error(u16, &'static str),
    /// This status with a page for people.
    Html(u16),
    /// This status with a time to try again at.
    Busy(u16, Retry),
    /// This status is sent before the body was read, and the connection ends.
    Hasty(u16),
    /// 416 with the upload's `Location` and `Range`.
    RangeRefused,
    /// A mount is answered with this status: 202 begins an upload.
    Mount(u16),
    /// All tokens end now, this request's among them: 401.
    TokenExpired,
    /// After so many bytes of the request's body the connection is reset. What came has come.
    CutRequest(u64),
    /// The connection is reset at once.
    Reset,
    /// The request is done, and the connection ends without an answer.
    LostAnswer,
    /// After so many bytes of the answer's body, which are fewer than it promised, the connection ends in good order.
    CutAnswer(u64),
    /// The connection stays open, without a word.
    Silence,
    /// Bytes that are no HTTP.
    NotHttp,
    /// The request is done, and answered when the gate is opened.
    Hold(Gate),
    /// The request waits for the gate before anything is done.
    HoldBefore(Gate),
    /// `Docker-Content-Digest` of something else.
    WrongDigest,
    /// The right number of other bytes.
    WrongBytes,
    /// 307 to the same path at this base, as `http://127.0.0.1:1234`.
    Redirect(String),
    /// `Location` leads to this base.
    LocationElsewhere(String),
    /// When the request is done, before its answer, somebody else moves a tag to a digest.
    MovesTag {
        /// In this repository.
        repository: String,
        /// The tag.
        tag: String,
        /// Where it leads from now on.
        digest: String,
    },
    /// When the request is done, before its answer, somebody else puts a manifest.
    Rewrites {
        /// In this repository.
        repository: String,
        /// Under this tag, as `sha256-…` of a referrers fallback.
        tag: String,
        /// Of this type.
        media_type: String,
        /// Its bytes.
        bytes: Vec<u8>,
    },
}

impl Fault {
    /// A registry without room.
    pub fn full() -> Self {
        Fault::Error(507, "DENIED")
    }

    /// A registry that takes nothing, as distribution answers `POST` in read-only mode.
    pub fn read_only() -> Self {
        Fault::Error(405, "UNSUPPORTED")
    }

    /// A service that does not like the repository's name.
    pub fn bad_name() -> Self {
        Fault::Error(400, "NAME_INVALID")
    }
}

/// How a time to try again at is written. All count seconds from the moment of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// `Retry-After: 3`
    Seconds(u32),
    /// `Retry-After: Sun, 06 Nov 1994 08:49:37 GMT`
    Date(u32),
    /// `X-Retry-After: 784111777`, as Docker Hub writes it
    Unix(u32),
    /// Not at all.
    Unsaid,
}

/// Something that requests wait at until a test opens it.
#[derive(Debug, Clone, Default)]
pub struct Gate(Arc<(AtomicBool, AtomicUsize)>);

impl Gate {
    /// A closed one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets all through, now and from now on.
    pub fn open(&self) {
        self.0.0.store(true, Ordering::SeqCst);
    }

    /// How many requests have come to it so far.
    pub fn arrived(&self) -> usize {
        self.0.1.load(Ordering::SeqCst)
    }

    /// Waits until so many requests have come to it.
    pub fn wait(&self, count: usize) {
        while self.arrived() < count {
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
    }

    pub(crate) fn arrive(&self) {
        self.0.1.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn is_open(&self) -> bool {
        self.0.0.load(Ordering::SeqCst)
    }
}

/// Which requests go wrong: method, path, query, and which of those.
#[derive(Debug, Clone)]
pub struct When {
    method: String,
    path: GlobMatcher,
    query: String,
    count: Count,
}

#[derive(Debug, Clone, Copy)]
enum Count {
    Always,
    First(u64),
    Nth(u64),
    From(u64),
}

impl When {
    /// Requests with this method (`*` for any) whose path matches (`*` any characters, `/` among them, `?` any one).
    ///
    /// # Panics
    ///
    /// The pattern is none.
    pub fn on(method: &str, path: &str) -> Self {
        let glob = GlobBuilder::new(path).literal_separator(false).build().expect("a pattern of paths");
        Self { method: method.to_owned(), path: glob.compile_matcher(), query: String::new(), count: Count::Always }
    }

    /// Only those whose query contains this text, as `mount=`.
    pub fn query(mut self, text: &str) -> Self {
        text.clone_into(&mut self.query);
        self
    }

    /// Only the first so many of them.
    pub fn first(mut self, count: u64) -> Self {
        self.count = Count::First(count);
        self
    }

    /// Only this one of them, counted from 1.
    pub fn nth(mut self, number: u64) -> Self {
        self.count = Count::Nth(number);
        self
    }

    /// Only this one of them, counted from 1, and all after it.
    pub fn from(mut self, number: u64) -> Self {
        self.count = Count::From(number);
        self
    }

    fn matches(&self, head: &Head) -> bool {
        (self.method == "*" || head.is(&self.method))
            && self.path.is_match(&head.path)
            && head.query.contains(&self.query)
    }

    fn holds(&self, number: u64) -> bool {
        match self.count {
            Count::Always => true,
            Count::First(last) => number <= last,
            Count::Nth(one) => number == one,
            Count::From(first) => number >= first,
        }
    }
}

/// Faults and how often their conditions were met.
#[derive(Debug, Default)]
pub(crate) struct Rules(Vec<(When, Fault, u64)>);

impl Rules {
    pub fn add(&mut self, fault: Fault, when: When) {
        self.0.push((when, fault, 0));
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Counts a request and gives the faults that it meets, in the order in which they were added.
    pub fn judge(&mut self, head: &Head) -> Vec<Fault> {
        let mut met = Vec::new();
        for (when, fault, count) in self.0.iter_mut().filter(|(when, ..)| when.matches(head)) {
            *count += 1;
            if when.holds(*count) {
                met.push(fault.clone());
            }
        }
        met
    }
}
