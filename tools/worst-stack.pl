#!/usr/bin/perl
# The deepest call path of libdunlin-ipa, out of what gcc wrote with -fcallgraph-info=su.
#
#   worst-stack.pl LEVELS LIMIT ENTRY,ENTRY,.. FILE.ci ..
#
# Prints "worst stack N octets (path)": the frames along the heaviest path from an entry, return
# addresses included. Exit 1 when it is above LIMIT, or when something stands in the way of a sum.
#
# Recursion: a cycle is counted LEVELS times around its heaviest way. LEVELS is the nesting of the
# message tables, which check-ipa.sh measures; that a level passes each function once is checked here:
# without the function that begins the level, the cycle must fall apart.
# Calls through pointers: each function that makes one must be listed below, with what it may reach.
# Functions of libc (memcpy and its kind) and the device's own callbacks are not in the sum.
use strict;
use warnings;

my %reach = (
    'go'                  => qr/^enter_/,    # the rows of machine.c
    'run'                 => qr/^done_/,
    'ipa_step'            => qr/^(enter|done)_/,
    'json_stream_feed'    => qr/^member_(begins|octet|ends)$/,    # wire_json_sink
    'note_text'           => undef,    # options.note, of the device
    'keep_eim'            => undef,    # options.eim, of the device
    'read_eims'           => undef,    # ... into which keep_eim was put
    'done_eims'           => undef,
);
# These begin a level of the recursion: once for each type inside another.
my $opens = qr/^(decode_type|encode_type|schema_starts|field_starts)$/;
my $in_json_stream = qr/json_stream\.c:/;    # its statics call the sink as well

my ($levels, $limit, $entries, @files) = @ARGV;
my (%frame, %calls, %indirect);

sub name { my $n = shift; $n =~ s/.*://; $n =~ s/\..*//; return $n }

for my $file (@files) {
    open my $in, '<', $file or die "$file: $!\n";
    while (<$in>) {
        if (/^node: \{ title: "([^"]+)" label: "[^"]*?(\d+) bytes \((\w[\w,]*)\)/) {
            die "$1: a frame without a bound\n" if $3 ne 'static' && $3 ne 'dynamic,bounded';
            die "$1: twice\n" if exists $frame{$1};
            $frame{$1} = $2;
        } elsif (/^edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"/) {
            if ($2 eq '__indirect_call') { $indirect{$1} = 1 } else { $calls{$1}{$2} = 1 }
        }
    }
    close $in;
}

for my $from (sort keys %indirect) {
    my $to = $from =~ $in_json_stream ? $reach{json_stream_feed} : $reach{ name($from) };
    die "$from calls through a pointer: say in worst-stack.pl what it may reach\n"
      if !defined $to && !exists $reach{ name($from) };
    next if !defined $to;
    my @targets = grep { name($_) =~ $to } keys %frame;
    die "$from: none of what it may reach is there\n" if !@targets;
    $calls{$from}{$_} = 1 for @targets;
}

# What can be reached from a function, itself only through a cycle.
my %reached;

sub reached {
    my $from = shift;
    return $reached{$from} if $reached{$from};
    my (%seen, @todo);
    @todo = keys %{ $calls{$from} || {} };
    while (defined(my $f = pop @todo)) {
        next if $seen{$f}++;
        push @todo, keys %{ $calls{$f} || {} };
    }
    return $reached{$from} = \%seen;
}

sub same_cycle { my ($a, $b) = @_; return reached($a)->{$b} && reached($b)->{$a} }

my (%deepest, %path);    # of what lies outside the cycle a function is in, or under it

# Heaviest way from f among the members (a set) without coming back to the head.
sub around {
    my ($f, $head, $members, $on_way) = @_;
    die "$f: a cycle within a cycle\n" if $on_way->{$f};
    local $on_way->{$f} = 1;
    my $most = 0;
    for my $to (keys %{ $calls{$f} || {} }) {
        next if !$members->{$to} || $to eq $head;
        my $n = around($to, $head, $members, $on_way);
        $most = $n if $n > $most;
    }
    return $frame{$f} + $most;
}

# What one level of a cycle takes.
sub level {
    my $members = shift;
    my @heads = grep { name($_) =~ $opens } sort keys %$members;
    my $most;
    for my $head (@heads) {
        my $n = eval { around($head, $head, $members, {}) };
        $most = $n if defined $n && (!defined $most || $n > $most);
    }
    die 'a recursion that is not of the message tables: ' . join(' ', sort keys %$members) . "\n"
      if !defined $most;
    return $most;
}

sub deepest {
    my $f = shift;
    return $deepest{$f} if defined $deepest{$f};
    return 0 if !exists $frame{$f};    # of libc
    my %members = reached($f)->{$f} ? map { $_ => 1 } grep { same_cycle($f, $_) } keys %frame : ();
    my @own = %members ? sort keys %members : ($f);
    my $own = %members ? $levels * level(\%members) : $frame{$f};
    my ($most, $way) = (0, '');
    for my $m (@own) {
        for my $to (sort keys %{ $calls{$m} || {} }) {
            next if $members{$to} || !exists $frame{$to};
            my $n = deepest($to);
            ($most, $way) = ($n, $path{$to}) if $n > $most;
        }
    }
    my $text = %members ? name($f) . " x$levels" : name($f);
    for my $m (@own) {
        $deepest{$m} = $own + $most;
        $path{$m} = $text . ($way eq '' ? '' : " > $way");
    }
    return $deepest{$f};
}

my ($worst, $at) = (0, '');
for my $entry (split /,/, $entries) {
    die "$entry: not there\n" if !exists $frame{$entry};
    my $n = deepest($entry);
    ($worst, $at) = ($n, $path{$entry}) if $n > $worst;
}
print "worst stack $worst octets ($at)\n";
exit($worst > $limit);
