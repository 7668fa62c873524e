use crate::strings::Strings;
use crate::{LdcacheError, compare_libraries};
use std::cmp::Ordering;
use std::collections::BTreeSet;

const MAGIC: &[u8; 20] = b"glibc-ld.so.cache1.1";
/// Says that numbers are stored with the low byte first, as on both our architectures.
const LITTLE_ENDIAN: u8 = 2;
const HEADER: usize = 48;
const ENTRY: usize = 24;
/// Begins the directory of extensions; one section in it has four numbers.
const EXTENSION_MAGIC: u32 = 0xeaa4_2174;
const EXTENSION_HEADER: usize = 8;
const SECTION: usize = 16;
const TAG_GENERATOR: u32 = 0;
const TAG_HWCAPS: u32 = 1;
/// Marks an entry whose hardware field is a number in the list of `glibc-hwcaps` names.
const HWCAP_EXTENSION: u64 = 1 << 62;

/// A library as the cache has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CacheEntry {
    pub(crate) soname: String,
    pub(crate) path: String,
    pub(crate) flags: u32,
    pub(crate) isa_level: u32,
    pub(crate) hwcaps: Option<String>,
}

/// Writes the cache (glibc, `dl-cache.h`): header, sorted entries, strings, extensions.
///
/// `searched` are the names of all `glibc-hwcaps` directories; the string table holds them even if they were empty.
pub(crate) fn write(entries: &[CacheEntry], searched: &[String], generator: &str) -> Result<Vec<u8>, LdcacheError> {
    let mut sorted: Vec<&CacheEntry> = entries.iter().collect();
    // Stable: among equals the directory that was searched first wins.
    sorted.sort_by(|left, right| compare(left, right));
    let used: Vec<&str> =
        entries.iter().filter_map(|entry| entry.hwcaps.as_deref()).collect::<BTreeSet<_>>().into_iter().collect();
    let names = entries.iter().flat_map(|entry| [entry.soname.clone(), entry.path.clone()]);
    let strings = Strings::new(names.chain(searched.iter().cloned()))?;

    let table = HEADER + sorted.len() * ENTRY;
    let extensions = (table + strings.bytes().len()).next_multiple_of(4);
    let mut out = Vec::with_capacity(extensions + 256);
    out.extend_from_slice(MAGIC);
    put(&mut out, sorted.len())?;
    put(&mut out, strings.bytes().len())?;
    out.extend_from_slice(&[LITTLE_ENDIAN, 0, 0, 0]);
    put(&mut out, extensions)?;
    out.resize(HEADER, 0);
    for entry in sorted {
        out.extend_from_slice(&entry.flags.to_le_bytes());
        put(&mut out, table + strings.offset(&entry.soname) as usize)?;
        put(&mut out, table + strings.offset(&entry.path) as usize)?;
        // Where the oldest kernel used to stand.
        put(&mut out, 0)?;
        out.extend_from_slice(&hardware(entry, &used).to_le_bytes());
    }
    out.extend_from_slice(strings.bytes());
    out.resize(extensions, 0);
    let hwcaps: Vec<usize> = used.iter().map(|name| table + strings.offset(name) as usize).collect();
    write_extensions(&mut out, &hwcaps, generator)?;
    Ok(out)
}

/// The directory of extensions, then the names' places, then the generator.
fn write_extensions(out: &mut Vec<u8>, hwcaps: &[usize], generator: &str) -> Result<(), LdcacheError> {
    let sections = if hwcaps.is_empty() { 1 } else { 2 };
    let list = out.len() + EXTENSION_HEADER + sections * SECTION;
    let list_size = hwcaps.len() * 4;
    out.extend_from_slice(&EXTENSION_MAGIC.to_le_bytes());
    put(out, sections)?;
    put_section(out, TAG_GENERATOR, list + list_size, generator.len())?;
    if !hwcaps.is_empty() {
        put_section(out, TAG_HWCAPS, list, list_size)?;
    }
    for offset in hwcaps {
        put(out, *offset)?;
    }
    out.extend_from_slice(generator.as_bytes());
    Ok(())
}

fn put_section(out: &mut Vec<u8>, tag: u32, offset: usize, size: usize) -> Result<(), LdcacheError> {
    out.extend_from_slice(&tag.to_le_bytes());
    put(out, 0)?;
    put(out, offset)?;
    put(out, size)
}

fn put(out: &mut Vec<u8>, number: usize) -> Result<(), LdcacheError> {
    let number = u32::try_from(number).map_err(|_| LdcacheError::TooLarge)?;
    out.extend_from_slice(&number.to_le_bytes());
    Ok(())
}

fn hardware(entry: &CacheEntry, used: &[&str]) -> u64 {
    let Some(index) = entry.hwcaps.as_deref().and_then(|name| used.iter().position(|one| *one == name)) else {
        return 0;
    };
    HWCAP_EXTENSION | u64::from(entry.isa_level) << 32 | index as u64
}

/// The order the loader searches in: names backwards, then kinds backwards, then better processors before plain ones.
fn compare(left: &CacheEntry, right: &CacheEntry) -> Ordering {
    compare_libraries(&right.soname, &left.soname).then_with(|| right.flags.cmp(&left.flags)).then_with(|| {
        match (&left.hwcaps, &right.hwcaps) {
            (Some(left), Some(right)) => left.cmp(right),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        }
    })
}
