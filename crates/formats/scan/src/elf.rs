use object::elf::{self, FileHeader32, FileHeader64};
use object::read::elf::{Dyn, FileHeader, ProgramHeader};
use object::{Endianness, ReadRef};
use sage_oci_lint::{Content, Elf};
use std::ops::Range;

/// How much of the beginning of an ELF file is kept: names lie behind the symbols there.
const PREFIX: usize = 32 << 20;
/// No dynamic section comes near this many bytes.
const LONGEST: u64 = 4 << 20;
/// No name of a library does.
const LONGEST_NAME: u64 = 4096;

/// What is kept of an ELF file while it passes by: its beginning, and its dynamic section, wherever that lies.
#[derive(Default)]
pub(crate) struct Passing {
    prefix: Vec<u8>,
    dynamic: Option<Range<u64>>,
    tail: Vec<u8>,
    looked: bool,
}

impl Passing {
    /// Whether a file that begins so is one.
    pub(crate) fn is_elf(start: &[u8]) -> bool {
        start.starts_with(b"\x7fELF")
    }

    /// Takes the bytes that follow those that it has had, `at` which offset.
    pub(crate) fn take(&mut self, at: u64, piece: &[u8]) {
        let room = PREFIX.saturating_sub(self.prefix.len());
        self.prefix.extend_from_slice(&piece[..piece.len().min(room)]);
        if !self.looked {
            self.looked = true;
            self.dynamic = Kept(self).dynamic();
        }
        let Some(range) = &self.dynamic else { return };
        let from = range.start.saturating_add(self.tail.len() as u64).max(at);
        let to = range.end.min(at + piece.len() as u64);
        if from < to && from == range.start + self.tail.len() as u64 {
            // Both lie in the piece, whose length is a usize.
            self.tail.extend_from_slice(&piece[(from - at) as usize..(to - at) as usize]);
        }
    }

    /// What it was.
    pub(crate) fn finish(&self) -> Content {
        let kept = Kept(self);
        let facts = match self.prefix.get(4) {
            Some(1) => facts::<FileHeader32<Endianness>>(kept, 32),
            Some(2) => facts::<FileHeader64<Endianness>>(kept, 64),
            _ => Err("its class is unknown"),
        };
        match facts {
            Ok(Some(facts)) => Content::Elf(facts),
            Ok(None) => Content::Other,
            Err(why) => Content::BrokenElf(format!("it is a broken ELF file: {why}")),
        }
    }
}

/// What was kept of a file, for readers of ELF.
#[derive(Clone, Copy)]
struct Kept<'a>(&'a Passing);

impl<'a> Kept<'a> {
    fn dynamic(self) -> Option<Range<u64>> {
        match self.0.prefix.get(4) {
            Some(1) => dynamic::<FileHeader32<Endianness>>(self),
            Some(2) => dynamic::<FileHeader64<Endianness>>(self),
            _ => None,
        }
    }
}

impl<'a> ReadRef<'a> for Kept<'a> {
    fn len(self) -> Result<u64, ()> {
        let tail = self.0.dynamic.as_ref().map_or(0, |range| range.start + self.0.tail.len() as u64);
        Ok(tail.max(self.0.prefix.len() as u64))
    }

    fn read_bytes_at(self, offset: u64, size: u64) -> Result<&'a [u8], ()> {
        let slice = |bytes: &'a [u8], offset: u64| {
            let from = usize::try_from(offset).ok()?;
            bytes.get(from..from.checked_add(usize::try_from(size).ok()?)?)
        };
        let tail = || slice(&self.0.tail, offset.checked_sub(self.0.dynamic.as_ref()?.start)?);
        slice(&self.0.prefix, offset).or_else(tail).ok_or(())
    }

    fn read_bytes_at_until(self, range: Range<u64>, delimiter: u8) -> Result<&'a [u8], ()> {
        let from = usize::try_from(range.start).map_err(|_| ())?;
        let rest = self.0.prefix.get(from..).ok_or(())?;
        let most = usize::try_from(range.end.saturating_sub(range.start)).map_err(|_| ())?;
        let end = rest.iter().take(most).position(|byte| *byte == delimiter).ok_or(())?;
        Ok(&rest[..end])
    }
}

fn dynamic<F: FileHeader<Endian = Endianness>>(kept: Kept<'_>) -> Option<Range<u64>> {
    let header = F::parse(kept).ok()?;
    let endian = header.endian().ok()?;
    let segments = header.program_headers(endian, kept).ok()?;
    let segment = segments.iter().find(|segment| segment.p_type(endian) == elf::PT_DYNAMIC)?;
    let (from, size) = (segment.p_offset(endian).into(), segment.p_filesz(endian).into());
    (size <= LONGEST).then(|| from..from.saturating_add(size))
}

fn facts<F: FileHeader<Endian = Endianness>>(kept: Kept<'_>, bits: u8) -> Result<Option<Elf>, &'static str> {
    let header = F::parse(kept).map_err(|_| "no header")?;
    let endian = header.endian().map_err(|_| "no order of bytes")?;
    // Objects to be linked, and what debuggers read, are not started.
    if ![elf::ET_EXEC, elf::ET_DYN].contains(&header.e_type(endian)) {
        return Ok(None);
    }
    let segments = header.program_headers(endian, kept).map_err(|_| "no segments")?;
    let Some(segment) = segments.iter().find(|segment| segment.p_type(endian) == elf::PT_DYNAMIC) else {
        return Ok(None);
    };
    let entries: &[F::Dyn] = match segment.dynamic(endian, kept) {
        Ok(Some(entries)) => entries,
        _ if segment.p_filesz(endian).into() == 0 => return Ok(None),
        _ => return Err("its dynamic section is not there"),
    };
    let entries = || entries.iter().take_while(|entry| entry.tag(endian) != elf::DT_NULL);
    let value = |tag| entries().find(|entry| entry.tag(endian) == tag).map(|entry| entry.val(endian));
    let strings = value(elf::DT_STRTAB).map(|at| file_offset::<F>(segments, endian, at));
    let name = |at: u64| {
        let at = strings.and_then(|strings| strings.checked_add(at)).ok_or("no names")?;
        let bytes =
            kept.read_bytes_at_until(at..at.saturating_add(LONGEST_NAME), 0).map_err(|()| "a name is not there")?;
        Ok::<_, &'static str>(String::from_utf8_lossy(bytes).into_owned())
    };
    let names = |tags: &[_]| {
        let named = entries().filter(|entry| tags.contains(&entry.tag(endian)));
        named.map(|entry| name(entry.val(endian))).collect::<Result<Vec<_>, _>>()
    };
    Ok(Some(Elf {
        bits,
        machine: header.e_machine(endian).0,
        needed: names(&[elf::DT_NEEDED])?,
        search: names(&[elf::DT_RUNPATH, elf::DT_RPATH])?,
    }))
}

/// Where an address of memory lies in the file; the address itself where no segment has it.
fn file_offset<F: FileHeader<Endian = Endianness>>(
    segments: &[F::ProgramHeader],
    endian: Endianness,
    address: u64,
) -> u64 {
    let loaded = segments.iter().filter(|segment| segment.p_type(endian) == elf::PT_LOAD);
    let offset = loaded.filter_map(|segment| {
        let into = address.checked_sub(segment.p_vaddr(endian).into())?;
        (into < segment.p_filesz(endian).into()).then(|| into.saturating_add(segment.p_offset(endian).into()))
    });
    { offset }.next().unwrap_or(address)
}
