//! Which package lies in which layer, and stays there.
