#!/bin/bash
# A device that has no IPA but the one in its card: `dunlin terminal` gives the card its sockets, and
# the card fetches its profile, enables it and reports to the eIM, directly and then through the eIM.
. tests/e2e/lib.sh.inc

program=$(realpath "$DUNLIN")
cd "$work" || exit 1
trap 'kill $(jobs -p) 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT

# port FILE PATTERN: waits for a line of a server's output, prints the number behind the pattern
port() {
    for _ in $(seq 100); do
        sed -n "s/.*$2[ :]\([0-9]*\)$/\1/p" "$1" | head -n 1 | grep . && return 0
        sleep 0.1
    done
    cat "$1" >&2
    fail "no line '$2' in $1"
}

# served LINE EID: waits until the order of this line is done
served() {
    for _ in $(seq 300); do
        grep -q "order of line $1 for $2: done: ok" serve.out && return 0
        grep -q "order of line $1 for $2: failed" serve.out && break
        sleep 0.2
    done
    cat serve.out terminal.out >&2
    fail "order of line $1 for $2"
}

expect 0 "$program" pki init
eid=89049032123451234500000000000186
third=89049032123451234500000000000380
other=89049032123451234500000000000283
expect 0 "$program" profile build -o 1.der --iccid 8900101000000000019 --imsi 001010000000001
expect 0 "$program" profile build -o 2.der --iccid 8900101000000000027 --imsi 001010000000002
expect 0 "$program" profile build -o 3.der --iccid 8900101000000000035 --imsi 001010000000003
cat >orders.txt <<ORDERS
profile  1.der TEST-0001
profile  2.der TEST-0002
device   $eid
device   $other
download $eid 1\$testsmdpplus1.example.com\$TEST-0001
enable   $eid 8900101000000000019
list     $eid
download $other 1\$testsmdpplus1.example.com\$TEST-0002 indirect
enable   $other 8900101000000000027
list     $other
profile  3.der TEST-0003
device   $third
download $third 1\$testsmdpplus1.example.com\$TEST-0003
enable   $third 8900101000000000035
ORDERS
"$program" serve --smdp-port 0 --es2-port 0 --eim-port 0 --orders orders.txt >serve.out 2>&1 &
smdp=$(port serve.out 'SM-DP+ .* port')
eim=$(port serve.out 'eIM .* port')

# What the card is; the hosts spare the resolver.
personality() { # personality FEATURES [--indirect]
    expect 0 "$program" ipa --print-eim --eim testeim.example.com ${2:-}
    cat <<PERSONALITY
ipae = active
ipae_features = $1
ipae_poll_s = 2
ipae_initial_eim = $(cat out)
ipae_host = testsmdpplus1.example.com 127.0.0.1:$smdp
ipae_host = testeim.example.com 127.0.0.1:$eim
PERSONALITY
}

# device DIR EID LINES OPTION...: a terminal with a card of its own, until the orders of these lines
# are done
device() {
    local dir=$1 eid=$2 lines=$3 line
    shift 3
    "$program" terminal --dir "$dir" --eid "$eid" --personality "$dir.txt" "$@" >terminal.out 2>&1 &
    for line in $lines; do
        served "$line" "$eid"
    done
    kill $!
    wait $! 2>/dev/null
    expect 0 "$program" card info --dir "$dir"
}

personality direct >direct.txt
device direct $eid '5 6 7'
says 'iccid 8900101000000000019  state enabled'
says 'eimId testeim.example.com'

personality 'direct indirect' --indirect >indirect.txt
device indirect $other '8 9 10'
says 'iccid 8900101000000000027  state enabled'

# The same with nothing but a resolver, whose answers the terminal's map leads to this machine.
cat >resolver.pl <<'RESOLVER'
use strict;
use IO::Socket::INET;
my %known = ('testsmdpplus1.example.com' => '192.0.2.1', 'testeim.example.com' => '192.0.2.2');
my $s = IO::Socket::INET->new(Proto => 'udp', LocalAddr => '127.0.0.1', LocalPort => 0) or die;
$| = 1;
print 'resolver port ', $s->sockport, "\n";
while (defined $s->recv(my $query, 512)) {
    my ($id, $rest) = unpack 'a2 x10 a*', $query;
    my ($at, @labels) = (0);
    while (my $n = ord substr $rest, $at, 1) {
        push @labels, substr $rest, $at + 1, $n;
        $at += $n + 1;
    }
    my $address = unpack('n', substr $rest, $at + 1, 2) == 1 ? $known{ lc join '.', @labels } : undef;
    my $question = substr $rest, 0, $at + 5;
    my $answer = defined $address ? pack 'n n n N n a4', 0xC00C, 1, 1, 60, 4, inet_aton($address) : '';
    $s->send($id . pack('n n n n n', 0x8180, 1, length $answer ? 1 : 0, 0, 0) . $question . $answer);
}
RESOLVER
perl resolver.pl >resolver.out 2>&1 &
resolver=$(port resolver.out 'resolver port')
cat >resolved.txt <<PERSONALITY
ipae = active
ipae_dns = 192.0.2.53
ipae_poll_s = 2
$(grep initial_eim direct.txt)
PERSONALITY
maps="--mapped-only --map 192.0.2.53:53=127.0.0.1:$resolver --map 192.0.2.1:443=127.0.0.1:$smdp \
    --map 192.0.2.2:443=127.0.0.1:$eim"
device resolved $third '13 14' $maps
says 'iccid 8900101000000000035  state enabled'

# One that does not know what it is.
echo 'ipae = perhaps' >bad.txt
expect 2 "$program" card new --dir bad --personality bad.txt
says 'bad.txt:1: ipae takes no, yes or active'
expect 2 "$program" ipa --print-eim
says '--print-eim needs --eim'
