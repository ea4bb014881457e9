/** What kind of file bytes are, by their signature. */

/** The kinds of images that are decoded. */
export type ImageKind = 'JPEG' | 'PNG' | 'WebP' | 'GIF' | 'TIFF' | 'AVIF';

/** All of them, for messages. */
export const IMAGE_KINDS: readonly ImageKind[] = ['JPEG', 'PNG', 'WebP', 'GIF', 'TIFF', 'AVIF'];

/** A kind of file that may be taken for an image, or is a kind of image that is not decoded. */
type OtherKind =
  | 'HEIC'
  | 'JPEG XL'
  | 'JPEG 2000'
  | 'BMP'
  | 'ICO'
  | 'SVG'
  | 'PDF'
  | 'Photoshop'
  | 'QOI'
  | 'OpenEXR'
  | 'DDS'
  | 'Netpbm'
  | 'FITS'
  | 'DICOM'
  | 'MP4 or QuickTime'
  | 'WebM or Matroska'
  | 'AVI'
  | 'ZIP'
  | 'gzip'
  | 'HTML';

/** Whether a file that begins so (byte by byte, as Latin-1) is of the kind. */
type Signature = (head: string) => boolean;

const starts =
  (...texts: string[]): Signature =>
  (head) =>
    texts.some((text) => head.startsWith(text));

const matches =
  (pattern: RegExp): Signature =>
  (head) =>
    pattern.test(head);

/** In the order in which they are tried. The brands of an ISO file follow its `ftyp`; the first is the main one. */
const SIGNATURES: readonly (readonly [ImageKind | OtherKind, Signature])[] = [
  ['JPEG', starts('\xff\xd8\xff')],
  ['PNG', starts('\x89PNG\r\n\x1a\n')],
  ['WebP', matches(/^RIFF[^]{4}WEBP/)],
  ['GIF', starts('GIF87a', 'GIF89a')],
  ['TIFF', starts('II*\0', 'MM\0*', 'II+\0', 'MM\0+')],
  ['AVIF', matches(/^[^]{4}ftyp(avi[fs]|(mif1|msf1)[^]{4}([^]{4})*?avi[fs])/)],
  ['HEIC', matches(/^[^]{4}ftyp(he[iv][cxms]|mif1|msf1)/)],
  ['JPEG XL', starts('\xff\x0a', '\0\0\0\x0cJXL ')],
  ['JPEG 2000', starts('\xff\x4f\xff\x51', '\0\0\0\x0cjP  ')],
  ['MP4 or QuickTime', matches(/^[^]{4}ftyp/)],
  ['BMP', starts('BM')],
  ['ICO', starts('\0\0\x01\0', '\0\0\x02\0')],
  ['PDF', starts('%PDF-')],
  ['Photoshop', starts('8BPS')],
  ['QOI', starts('qoif')],
  ['OpenEXR', starts('v/1\x01')],
  ['DDS', starts('DDS ')],
  ['Netpbm', matches(/^P[1-7]\s/)],
  ['FITS', starts('SIMPLE  =')],
  ['DICOM', (head) => head.startsWith('DICM', 128)],
  ['WebM or Matroska', starts('\x1a\x45\xdf\xa3')],
  ['AVI', matches(/^RIFF[^]{4}AVI /)],
  ['ZIP', starts('PK\x03\x04')],
  ['gzip', starts('\x1f\x8b')],
  ['HTML', matches(/^(\xef\xbb\xbf)?\s*(<!doctype html|<html)/i)],
  ['SVG', matches(/^(\xef\xbb\xbf)?\s*(<[?!][^]*)?<svg[\s>]/)],
];

/** All signatures are within the first bytes; those of text may have a comment before. */
const HEAD_BYTES = 512;

/** The kind of a file, or undefined when its signature is none of the known ones. */
export function kindOf(bytes: Uint8Array): ImageKind | OtherKind | undefined {
  const head = Buffer.from(bytes.subarray(0, HEAD_BYTES)).toString('latin1');
  return SIGNATURES.find(([, isKind]) => isKind(head))?.[0];
}

/** Whether files of that kind are decoded. */
export function isImageKind(kind: ImageKind | OtherKind | undefined): kind is ImageKind {
  return IMAGE_KINDS.some((known) => known === kind);
}
