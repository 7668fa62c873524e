use std::time::Duration;

/// One way to answer wrongly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// This status with a short text body. The connection stays usable.
    Status(u16),
    /// This status with a `Retry-After` of so many seconds.
    Busy(u16, u32),
    /// Takes the request and never answers; the connection stays open.
    Silence,
    /// Promises the whole body, sends so many bytes of it, then says nothing more; the connection stays open.
    Stall(u64),
    /// Promises the whole body, sends half of it, then closes in good order.
    Half,
    /// Promises the whole body, sends so many bytes of it, then resets the connection.
    Reset(u64),
    /// A body of the right length and other bytes.
    Garbage,
    /// The whole file and so many more bytes, all of them promised.
    Longer(u64),
    /// The whole file less so many bytes, promised as if this were all.
    Shorter(u64),
    /// The whole file without saying how long it is, and so many more bytes; the end is the end of the connection.
    Endless(u64),
    /// Answers a range request with 200 and the whole file.
    IgnoreRange,
    /// Answers a range request with a range that begins one byte too early.
    WrongRange,
    /// The right answer, its body in pieces of so many bytes with a pause after each.
    Drip(usize, Duration),
    /// Sends the client elsewhere: 302 with this `Location`.
    Redirect(String),
    /// Bytes that are no HTTP, then the end.
    NotHttp,
}

/// Which of the requests that match a pattern go wrong. Counted for each rule from 1, in the order of arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Each of them.
    Always,
    /// The first so many.
    First(u64),
    /// Only this one.
    Nth(u64),
}

impl When {
    /// Whether the `count`-th matching request is meant.
    pub(crate) fn holds(self, count: u64) -> bool {
        match self {
            When::Always => true,
            When::First(last) => count <= last,
            When::Nth(one) => count == one,
        }
    }
}
