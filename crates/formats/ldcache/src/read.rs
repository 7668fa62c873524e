use crate::{ElfFacts, LdcacheError};
use object::elf::{self, FileHeader32, FileHeader64};
use object::read::elf::{Dyn, FileHeader, NoteIterator, ProgramHeader};
use object::{Endianness, ReadCache, ReadRef};
use std::io::{self, Read, Seek, SeekFrom};

/// No dynamic section or note of a real library comes near this many bytes; a longer one is not read.
const LONGEST: u64 = 4 << 20;
/// The longest name that is believed, as the longest file name is shorter.
const LONGEST_NAME: u64 = 4096;

impl ElfFacts {
    /// Reads the facts of a shared object: its headers only, whatever its size.
    ///
    /// None for everything `ldconfig` passes over: other files, linker scripts among them, ELF files that are no shared objects, that
    /// have no dynamic section, or whose headers lead nowhere. Fails only when the bytes cannot be read.
    pub fn read(source: impl Read + Seek) -> Result<Option<Self>, LdcacheError> {
        let cache = ReadCache::new(Watched { source, failure: None });
        let facts = read_any(&cache);
        match cache.into_inner().failure {
            Some(source) => Err(LdcacheError::Read { source }),
            None => Ok(facts),
        }
    }
}

fn read_any<'data, R: ReadRef<'data>>(data: R) -> Option<ElfFacts> {
    let ident = data.read_bytes_at(0, 5).ok()?;
    match ident {
        [0x7f, b'E', b'L', b'F', 1] => read_class::<FileHeader32<Endianness>, R>(data, 32),
        [0x7f, b'E', b'L', b'F', 2] => read_class::<FileHeader64<Endianness>, R>(data, 64),
        _ => None,
    }
}

fn read_class<'data, Elf, R>(data: R, bits: u8) -> Option<ElfFacts>
where
    Elf: FileHeader<Endian = Endianness>,
    R: ReadRef<'data>,
{
    let header = Elf::parse(data).ok()?;
    let endian = header.endian().ok()?;
    if header.e_type(endian) != elf::ET_DYN {
        return None;
    }
    let segments = header.program_headers(endian, data).ok()?;
    let mut dynamic = None;
    let mut isa_needed = 0;
    for segment in segments {
        if segment.p_filesz(endian).into() > LONGEST {
            continue;
        }
        match segment.p_type(endian) {
            elf::PT_DYNAMIC => dynamic = segment.dynamic(endian, data).ok()?,
            elf::PT_GNU_PROPERTY => isa_needed = isa::<Elf, R>(segment, endian, data).unwrap_or(isa_needed),
            _ => {}
        }
    }
    let dynamic = dynamic.filter(|entries| !entries.is_empty())?;
    let value = |tag| {
        dynamic.iter().take_while(|entry| entry.tag(endian) != elf::DT_NULL).find(|entry| entry.tag(endian) == tag)
    };
    let strings = value(elf::DT_STRTAB)?.val(endian);
    let soname = match value(elf::DT_SONAME) {
        Some(entry) => {
            let start = file_offset::<Elf>(segments, endian, strings).checked_add(entry.val(endian))?;
            let name = data.read_bytes_at_until(start..start.checked_add(LONGEST_NAME)?, 0).ok()?;
            Some(String::from_utf8(name.to_vec()).ok()?)
        }
        None => None,
    };
    Some(ElfFacts {
        bits,
        little_endian: header.is_little_endian(),
        machine: header.e_machine(endian).0,
        machine_flags: header.e_flags(endian).0,
        soname,
        isa_needed,
    })
}

/// Where a virtual address lies in the file; the address itself where no segment holds it, as glibc takes it.
fn file_offset<Elf: FileHeader<Endian = Endianness>>(
    segments: &[Elf::ProgramHeader],
    endian: Endianness,
    address: u64,
) -> u64 {
    segments
        .iter()
        .filter(|segment| segment.p_type(endian) == elf::PT_LOAD)
        .find_map(|segment| {
            let into = address.checked_sub(segment.p_vaddr(endian).into())?;
            if into < segment.p_filesz(endian).into() {
                into.checked_add(segment.p_offset(endian).into())
            } else {
                None
            }
        })
        .unwrap_or(address)
}

/// The instruction set levels that a property note asks for (x86-64 psABI, "Program Property").
fn isa<'data, Elf, R>(segment: &Elf::ProgramHeader, endian: Endianness, data: R) -> Option<u32>
where
    Elf: FileHeader<Endian = Endianness>,
    R: ReadRef<'data>,
{
    let bytes = segment.data(endian, data).ok()?;
    let mut notes = NoteIterator::<Elf>::new(endian, segment.p_align(endian), bytes).ok()?;
    while let Some(note) = notes.next().ok()? {
        let Some(mut properties) = note.gnu_properties(endian) else { continue };
        while let Some(property) = properties.next().ok()? {
            if property.pr_type() == elf::GNU_PROPERTY_X86_ISA_1_NEEDED {
                return property.data_u32(endian).ok();
            }
        }
    }
    None
}

/// Remembers an error of the source, which the ELF reader does not pass on.
struct Watched<R> {
    source: R,
    failure: Option<io::Error>,
}

impl<R> Watched<R> {
    fn watch<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        result.map_err(|error| {
            let kind = error.kind();
            if kind != io::ErrorKind::Interrupted && self.failure.is_none() {
                self.failure = Some(error);
            }
            io::Error::from(kind)
        })
    }
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let result = self.source.read(buffer);
        self.watch(result)
    }
}

impl<R: Seek> Seek for Watched<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let result = self.source.seek(to);
        self.watch(result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    #[test]
    fn other_files_have_no_facts() {
        for bytes in [&b""[..], b"\x7fELF", b"/* GNU ld script */\nGROUP ( /lib/libc.so.6 )\n", &[0x7f; 4096]] {
            assert_eq!(ElfFacts::read(Cursor::new(bytes)).unwrap(), None);
        }
    }

    #[test]
    fn headers_that_lead_nowhere_have_no_facts() {
        let mut bytes = vec![0xff; 4096];
        bytes[..20].copy_from_slice(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0");
        assert_eq!(ElfFacts::read(Cursor::new(bytes)).unwrap(), None);
    }

    #[test]
    fn a_source_that_fails_is_an_error() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("disk gone"))
            }
        }
        impl Seek for Broken {
            fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
                Ok(1 << 20)
            }
        }
        assert!(matches!(ElfFacts::read(Broken), Err(LdcacheError::Read { .. })));
    }
}
