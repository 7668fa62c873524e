//! What the derived trait says, for each way to say it.

use sage_oci_hint::Hint;
use std::io;

const ADVICE: &str = "look at the disk";

#[derive(Debug, thiserror::Error, Hint)]
enum Inner {
    #[error("plain")]
    #[hint("do this")]
    Plain,
    #[error("{name} {count}")]
    #[hint("leave {name} out, or ask for {}", count + 2)]
    Fields { name: &'static str, count: usize },
    #[error("{0}")]
    #[hint("not {_0}")]
    Unnamed(u8),
    #[error("constant")]
    #[hint("{ADVICE}")]
    Constant,
    #[error("asked")]
    #[hint(with = full.then(|| "make room".to_owned()))]
    Asked { full: bool },
    #[error("silent")]
    Silent { _count: usize },
}

#[derive(Debug, thiserror::Error, Hint)]
enum Outer {
    #[error(transparent)]
    From(#[from] Inner),
    #[error("marked")]
    Marked(#[source] Inner),
    #[error("{path}")]
    Named { path: String, source: Inner },
    #[error("boxed")]
    Boxed { source: Box<Inner> },
    #[error(transparent)]
    Transparent(Box<Middle>),
    #[error("own")]
    #[hint("my own")]
    Own(#[source] Inner),
    #[error("none")]
    #[hint(none)]
    None(#[source] Inner),
    #[error("foreign")]
    #[hint(none)]
    Foreign(#[source] std::fmt::Error),
    #[error("the system")]
    System(#[source] io::Error),
    #[error("no cause: {0}")]
    Shown(Inner),
}

#[derive(Debug, thiserror::Error, Hint)]
#[error("a struct about {what}")]
#[hint("mend {what}")]
struct Middle {
    what: &'static str,
}

#[derive(Debug, thiserror::Error, Hint)]
#[error("a struct around a cause")]
struct Around {
    source: Outer,
}

#[test]
fn a_hint_is_what_the_variant_says() {
    for (error, hint) in [
        (Inner::Plain, Some("do this")),
        (Inner::Fields { name: "x", count: 3 }, Some("leave x out, or ask for 5")),
        (Inner::Unnamed(7), Some("not 7")),
        (Inner::Constant, Some("look at the disk")),
        (Inner::Asked { full: true }, Some("make room")),
        (Inner::Asked { full: false }, None),
        (Inner::Silent { _count: 1 }, None),
    ] {
        assert_eq!(error.hint().as_deref(), hint, "{error:?}");
    }
}

#[test]
fn a_variant_that_says_nothing_gives_the_hint_of_its_cause() {
    for (error, hint) in [
        (Outer::from(Inner::Plain), Some("do this")),
        (Outer::Marked(Inner::Plain), Some("do this")),
        (Outer::Named { path: "p".to_owned(), source: Inner::Unnamed(1) }, Some("not 1")),
        (Outer::Boxed { source: Box::new(Inner::Plain) }, Some("do this")),
        (Outer::Transparent(Box::new(Middle { what: "it" })), Some("mend it")),
        (Outer::Own(Inner::Plain), Some("my own")),
        (Outer::None(Inner::Plain), None),
        (Outer::Foreign(std::fmt::Error), None),
        (Outer::System(io::ErrorKind::StorageFull.into()), None),
        // What is only shown in the text is no cause, for thiserror neither.
        (Outer::Shown(Inner::Plain), None),
    ] {
        assert_eq!(error.hint().as_deref(), hint, "{error:?}");
        assert_eq!(Around { source: error }.hint().as_deref(), hint);
    }
}
