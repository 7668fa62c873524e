//! Rules, refusals and one golden output of each generator, on packages in memory.

mod accounts;
mod alternatives;
mod certificates;
mod common;
mod configuration;
mod database;
mod info;
mod layers;
mod library_cache;
mod pam;
mod placed;
mod xml;
