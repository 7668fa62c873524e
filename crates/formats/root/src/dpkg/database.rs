/// Where dpkg keeps what it knows.
pub(super) const DATABASE: &str = "/var/lib/dpkg";
