//! Images of random layers, and of the kinds that other programs miss.

mod kinds;
mod laws;
mod make;
mod wrong;
