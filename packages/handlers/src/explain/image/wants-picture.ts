/** Explanations of images may be pictures. */

/** Whether the client of a request wants a picture. */
export function wantsPicture(accept: string | undefined): boolean {
  return accept?.split(',').some((type) => /^\s*image\/(?:png|\*)\s*(?:;|$)/i.test(type)) ?? false;
}
