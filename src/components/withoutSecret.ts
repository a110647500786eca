/**
 * What is searched for, without the secret part of a token: that must not get into an address, and with it into a
 * history and logs. What is left of a token, its public part, finds its key.
 */
export const withoutSecret = (typed: string): string => typed.replace(/ost_([0-9A-Za-z]{12})(_[0-9A-Za-z…]*)?/g, '$1');
