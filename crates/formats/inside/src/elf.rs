use crate::fields::{Parts, content};
use data_encoding::HEXLOWER;
use object::Endianness;
use object::elf::{self, FileHeader32, FileHeader64};
use object::read::elf::{Dyn, FileHeader, SectionHeader};

/// An ELF file by its sections, its notes, the libraries that it needs and its header.
pub(crate) fn parts(bytes: &[u8]) -> Option<Parts> {
    match bytes.get(..5)? {
        [0x7f, b'E', b'L', b'F', 1] => of_class::<FileHeader32<Endianness>>(bytes),
        [0x7f, b'E', b'L', b'F', 2] => of_class::<FileHeader64<Endianness>>(bytes),
        _ => None,
    }
}

fn of_class<Elf: FileHeader<Endian = Endianness>>(bytes: &[u8]) -> Option<Parts> {
    let header = Elf::parse(bytes).ok()?;
    let endian = header.endian().ok()?;
    let sections = header.sections(endian, bytes).ok()?;
    let mut parts = Parts::new();
    parts.insert("machine".to_owned(), header.e_machine(endian).0.to_string());
    parts.insert("flags".to_owned(), format!("{:#x}", header.e_flags(endian).0));
    let segments = header.program_headers(endian, bytes).ok()?;
    parts.insert("segments".to_owned(), segments.len().to_string());
    for section in sections.iter() {
        let name = String::from_utf8_lossy(sections.section_name(endian, section).ok()?).into_owned();
        let data = section.data(endian, bytes).unwrap_or_default();
        if section.sh_type(endian) == elf::SHT_NULL {
            continue;
        }
        let said = match section.sh_type(endian) {
            elf::SHT_NOBITS => format!("{} bytes of zeros", Into::<u64>::into(section.sh_size(endian))),
            _ => content(data),
        };
        parts.insert(format!("section {name}"), said);
        if let Ok(Some(mut notes)) = section.notes(endian, bytes) {
            while let Ok(Some(note)) = notes.next() {
                let owner = String::from_utf8_lossy(note.name()).into_owned();
                let key = format!("note {owner} {}", note.n_type(endian).0);
                parts.insert(key, HEXLOWER.encode(note.desc().get(..256).unwrap_or(note.desc())));
            }
        }
        if let Ok(Some((entries, strings))) = section.dynamic(endian, bytes) {
            let strings = sections.strings(endian, bytes, strings).ok()?;
            dynamic::<Elf>(endian, entries, |at| strings.get(at).ok(), &mut parts);
        }
    }
    Some(parts)
}

fn dynamic<'a, Elf: FileHeader<Endian = Endianness>>(
    endian: Endianness,
    entries: &[Elf::Dyn],
    string: impl Fn(u32) -> Option<&'a [u8]>,
    parts: &mut Parts,
) {
    let names = [
        (elf::DT_NEEDED, "needed"),
        (elf::DT_SONAME, "soname"),
        (elf::DT_RPATH, "rpath"),
        (elf::DT_RUNPATH, "runpath"),
    ];
    for entry in entries {
        let found = names.iter().find(|(tag, _)| entry.tag(endian) == *tag);
        let text = u32::try_from(Into::<u64>::into(entry.val(endian))).ok().and_then(&string);
        if let (Some((_, name)), Some(text)) = (found, text) {
            let text = String::from_utf8_lossy(text);
            let all = parts.entry((*name).to_owned()).or_default();
            if !all.is_empty() {
                all.push(' ');
            }
            all.push_str(&text);
        }
    }
}
