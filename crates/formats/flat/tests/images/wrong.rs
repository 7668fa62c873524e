//! Images that are not what they say.

use crate::make::{Item, Tar, image};
use sage_oci_flat::{FlatError, Side, compare, walk};
use sage_oci_image::{Image, ImageError, MemoryImage};

fn outcome(source: &MemoryImage, image: &Image) -> Result<(), FlatError> {
    walk::<FlatError>(source, image, |_, _| Ok(()))?;
    let other = crate::make::image(&[("other", &Tar::default().file("other", "1"))]);
    let sides = [Side { source, image }, Side { source: &other.0, image: &other.1 }];
    compare(sides, 0, 2).map(|_| ())
}

#[test]
fn a_damaged_or_absent_blob_is_named() {
    let tar = Tar::default().file("a", &"1".repeat(3000));
    let (source, image) = image(&[("x", &tar)]);
    let digest = image.layers[0].descriptor.digest;
    outcome(&source, &image).unwrap();

    let mut lying = source.clone();
    let mut bytes = tar.bytes();
    bytes[600] ^= 1;
    lying.replace(digest, bytes);
    assert!(matches!(outcome(&lying, &image), Err(FlatError::Image(ImageError::DigestMismatch { .. }))));

    for cut in [700, 2000] {
        let mut short = source.clone();
        short.replace(digest, tar.bytes()[..cut].to_vec());
        assert!(matches!(outcome(&short, &image), Err(FlatError::Image(ImageError::SizeMismatch { .. }))));
    }
    let mut gone = source.clone();
    gone.remove(&digest);
    assert!(matches!(outcome(&gone, &image), Err(FlatError::Image(ImageError::Absent { .. }))));
}

#[test]
fn a_name_that_is_not_utf8_and_a_link_to_nothing_are_said() {
    let mut bytes = Tar::default().file("aQ", "1").bytes();
    bytes[1] = 0xff;
    let sum: u32 = bytes[..148].iter().chain(&bytes[156..512]).map(|byte| u32::from(*byte)).sum::<u32>() + 8 * 32;
    bytes[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let digest = sage_oci_image::digest_of(&bytes);
    let (mut source, mut image) = image(&[("x", &Tar::default().file("aQ", "1"))]);
    source.replace(digest, bytes);
    image.layers[0].descriptor.digest = digest;
    image.layers[0].diff_id = sage_oci_names::DiffId::new(digest.sha256());
    let error = outcome(&source, &image).unwrap_err();
    let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
    assert!(cause.contains("its name is not UTF-8"), "{error}: {cause}");

    let dangling = Tar::default().with("b", Item::HardLink("a".to_owned()));
    let (source, image) = crate::make::image(&[("x", &dangling)]);
    let error = outcome(&source, &image).unwrap_err();
    assert!(matches!(&error, FlatError::HardLink { path, target, .. } if path == "b" && target == "a"), "{error}");
}
