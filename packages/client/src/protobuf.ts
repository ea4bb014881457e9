/** Messages of protobuf, field by field. */
export { visitFields, type FieldVisitor } from './protobuf/visit-fields.ts';
