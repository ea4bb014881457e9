/** How a handler says that its rows are whole messages, `SeldonCall`, where the protocol has those. */

/** A member of such a handler. */
export const TAKES_MESSAGES: unique symbol = Symbol.for('marserve.takesMessages');

/** Whether it says so. */
export function takesMessages(handler: object): boolean {
  return TAKES_MESSAGES in handler;
}
