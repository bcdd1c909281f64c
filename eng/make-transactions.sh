#!/usr/bin/env bash
# Prints a CSV file of transactions, the same bytes for the same arguments on every machine: samples/transactions.csv is 1000 20 1.
#
#   eng/make-transactions.sh N ACCOUNTS SEED      N transactions over at most ACCOUNTS accounts
#
# Transaction IDs are unique within a file of up to 150 million transactions, and files of different seeds have none in common.
set -euo pipefail

usage() {
  echo "Usage: eng/make-transactions.sh N ACCOUNTS SEED: $1." >&2
  exit 64
}

# number NAME VALUE LEAST MOST
number() {
  [[ $2 =~ ^(0|[1-9][0-9]{0,8})$ ]] && (($2 >= $3 && $2 <= $4)) || usage "$1 must be a whole number from $3 to $4"
}

[ $# -eq 3 ] || usage "expected 3 arguments, found $#"
number N "$1" 0 150000000
number ACCOUNTS "$2" 1 9999999
number SEED "$3" 0 999999999

# Every awk computes with 64-bit floating-point numbers. All numbers here are integers below 2^53, so they are exact.
LC_ALL=C exec awk -v rows="$1" -v accounts="$2" -v seed="$3" '
  # The "minimal standard" generator of Park and Miller: every state from 1 to 2^31 - 2 occurs once in its period.
  function draw(limit) {
    state = (state * 16807) % 2147483647
    return state % limit
  }

  # The first group is the whole state. With 13 draws a row, it differs in each of the first 150 million rows.
  # One draw after the other, here and below: the order in which arguments are evaluated is not defined.
  function id(  a, b, c, d, e) {
    a = draw(2147483648); b = draw(65536); c = draw(4096); d = draw(4096); e = draw(65536)
    return sprintf("%08x-%04x-4%03x-8%03x-%04x%08x", a, b, c, d, e, seed)
  }

  function reference(  kind, number) {
    kind = draw(8); number = draw(100000)
    if (kind == 0) return ""
    if (kind == 1) return sprintf("\"Rent, unit %d\"", number % 500)
    if (kind == 2) return sprintf("\"Order \"\"%05d\"\"\"", number)
    if (kind == 3) return sprintf("Salary %02d", number % 12 + 1)
    return sprintf("INV-%05d", number)
  }

  # Every month has 28 days here.
  function moment(  month, day, hour, second) {
    month = draw(12) + 1; day = draw(28) + 1; hour = draw(24); second = draw(3600)
    return sprintf("2026-%02d-%02dT%02d:%02d:%02dZ", month, day, hour, int(second / 60), second % 60)
  }

  # From -4,999.99 to 9,999.99, in cents until it is printed.
  function amount(  cents, sign) {
    cents = draw(1499999) - 499999
    sign = cents < 0 ? "-" : ""
    if (cents < 0) cents = -cents
    return sprintf("%s%d.%02d", sign, int(cents / 100), cents % 100)
  }

  BEGIN {
    print "transaction_id,account_number,transaction_reference,transaction_datetime,amount"
    state = seed + 1
    # The first states of small seeds resemble each other.
    for (i = 0; i < 16; i++) draw(1)
    for (row = 0; row < rows; row++) {
      transaction = id(); account = draw(accounts) + 1; text = reference(); when = moment(); sum = amount()
      printf "%s,ACC-%07d,%s,%s,%s\n", transaction, account, text, when, sum
    }
  }'
