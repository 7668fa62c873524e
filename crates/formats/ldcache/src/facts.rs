/// What a shared object says about itself, as far as `ldconfig` asks.
///
/// Facts are read once, where the file is at hand, and kept in a layer's list of contents; the cache of an
/// image is made from them later without opening a library again.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ElfFacts {
    /// Word size in bits, 32 or 64 (`EI_CLASS`).
    pub bits: u8,
    /// Whether numbers are stored with the low byte first (`EI_DATA`).
    pub little_endian: bool,
    /// The machine (`e_machine`), such as 62 for x86-64.
    pub machine: u16,
    /// The machine's own flags (`e_flags`).
    pub machine_flags: u32,
    /// The name the object wants to be found by (`DT_SONAME`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub soname: Option<String>,
    /// The micro-architecture levels the object needs (`GNU_PROPERTY_X86_ISA_1_NEEDED`), as a bit mask; 0 if it says none.
    #[serde(default)]
    pub isa_needed: u32,
}
