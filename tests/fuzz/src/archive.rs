//! Changes to zip archives from within: a bit that changes in packed bytes only makes a checksum wrong.

use libfuzzer_sys::fuzzer_mutate;
use std::io::{Cursor, Read as _, Write as _};
use zip::{CompressionMethod, ZipArchive, ZipWriter, result::ZipResult, write::SimpleFileOptions};

/// One change in so many is to the archive's own bytes.
const OUTSIDE: u32 = 16;
/// Bytes that a part grows by at most.
const GROWTH: usize = 256;
/// Bytes that a part is read to.
const PART_BYTES: u64 = 1024 * 1024;

/// Changes one part of an archive, or what is none anywhere; says the new size.
pub fn mutate(data: &mut [u8], size: usize, most: usize, seed: u32) -> usize {
    if !seed.is_multiple_of(OUTSIDE)
        && let Ok(changed) = change(&data[..size], seed / OUTSIDE)
        && changed.len() <= most
    {
        data[..changed.len()].copy_from_slice(&changed);
        return changed.len();
    }
    fuzzer_mutate(data, size, most)
}

fn change(bytes: &[u8], seed: u32) -> ZipResult<Vec<u8>> {
    let mut archive = ZipArchive::new(Cursor::new(bytes))?;
    let chosen = seed as usize % archive.len().max(1);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..archive.len() {
        if index != chosen {
            writer.raw_copy_file(archive.by_index_raw(index)?)?;
            continue;
        }
        let part = archive.by_index(index)?;
        let name = part.name()?.into_owned();
        let mut content = Vec::new();
        part.take(PART_BYTES).read_to_end(&mut content)?;
        let size = content.len();
        content.resize(size + GROWTH, 0);
        let changed = fuzzer_mutate(&mut content, size, size + GROWTH);
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        writer.start_file(name, options)?;
        writer.write_all(&content[..changed])?;
    }
    Ok(writer.finish()?.into_inner())
}
