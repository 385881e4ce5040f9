/*
 * The file system of one root: nodes as objects (TS 102 221 8).
 *
 * Node n of a root is the object profile_object(root, PROFILE_NODE, n), n = directory << 9 | place:
 * place 0 is the directory itself, other places are its EFs. The MF is directory 0. So the EFs of
 * a directory are neighbours in the index, and a directory knows its parent.
 *
 * Octets of an EF object: a head of NODE_EF_HEAD, then the body - exactly the file's content, or
 * for a link the node of its target. Of a DF: its head, AID, key references.
 */
#ifndef DUNLIN_EUICC_TREE_H
#define DUNLIN_EUICC_TREE_H

#include "euicc/objects.h"

#define TREE_DIRS   128
#define TREE_PLACES 512
#define TREE_MF     0 /* node and directory of the MF */

#define NODE_EF_HEAD 12
#define NODE_DF_HEAD 11 /* followed by AID and key references */
#define NODE_DF_MAX  (NODE_DF_HEAD + 16 + 26)

#define FID_MF     0x3F00
#define FID_ADF    0x7FFF /* the current ADF */
#define FID_DIR    0x2F00
#define FID_ARR_MF 0x2F06
#define FID_ARR_DF 0x6F06
#define FID_ICCID  0x2FE2

enum node_type {
    NODE_TRANSPARENT = 1,
    NODE_LINEAR = 2,
    NODE_CYCLIC = 3,
    NODE_BER_TLV = 4,
    NODE_DF = 5,
    NODE_ADF = 6,
    NODE_MF = 7
};

enum { LCS_CREATION = 0x01, LCS_ACTIVATED = 0x05, LCS_DEACTIVATED = 0x04, LCS_TERMINATED = 0x0C };

/* specialFileInformation of an EF (profile package C0). */
enum { SPECIAL_HIGH_UPDATE = 0x80, SPECIAL_USE_DEACTIVATED = 0x40 };

struct node {
    uint16_t n;   /* node number */
    uint16_t fid; /* of an ADF: its temporary one */
    enum node_type type;
    bool link;
    bool exclusive; /* not shareable between channels */
    uint8_t sfi;    /* 0: none */
    uint16_t arr_fid;
    uint8_t arr_record; /* 0: no rule */
    uint8_t lcs;
    /* EF */
    uint8_t special;
    uint8_t record_octets;
    uint8_t head;        /* cyclic: place of record 1 */
    uint8_t details;     /* BER-TLV: fileDetails */
    slice body;          /* borrowed from the store */
    uint32_t max_octets; /* BER-TLV: its capacity */
    /* DF */
    uint8_t parent;  /* directory */
    slice aid, pins; /* borrowed */
};

static inline uint16_t node_of_dir(uint8_t dir)
{
    return (uint16_t)(dir << 9);
}

static inline uint8_t dir_of_node(uint16_t n)
{
    return (uint8_t)(n >> 9);
}

static inline bool node_is_dir(const struct node *node)
{
    return node->type >= NODE_DF;
}

static inline uint8_t node_records(const struct node *node)
{
    return node->record_octets ? (uint8_t)(node->body.n / node->record_octets) : 0;
}

/* Offset of a record (from 1) in the body; of a cyclic file as the terminal counts, 1 = newest. */
uint32_t node_record_at(const struct node *node, uint8_t record);

/*
 * Which FIDs a tree in the making may have, by a hash of directory and FID: what is not marked is
 * not there. For who alone creates files in it, from its first one on.
 */
#define TREE_FIDS 4096
struct tree_fids {
    uint8_t marked[TREE_FIDS / 8];
};

struct tree {
    struct objects *objects;
    uint32_t root;
    struct tree_fids *fids; /* NULL: none, FIDs are looked for */
};

uint32_t tree_object(const struct tree *t, uint16_t n);

/* False when there is none. Slices in *out hold until the store changes. */
bool tree_node(const struct tree *t, uint16_t n, struct node *out);
/* What a link stands for: body, type and record size of the target; other nodes as they are. */
bool tree_target(const struct tree *t, const struct node *node, struct node *out);
/* EF or DF of this FID right under the directory. */
bool tree_child(const struct tree *t, uint8_t dir, uint16_t fid, struct node *out);
bool tree_by_sfi(const struct tree *t, uint8_t dir, uint8_t sfi, struct node *out);
/*
 * The `occurrence`-th ADF (from 0, in order of creation) whose AID starts with these octets.
 */
bool tree_by_aid(const struct tree *t, slice aid, unsigned occurrence, struct node *out);
/* The ADF with this temporary FID. */
bool tree_adf(const struct tree *t, uint16_t temporary_fid, struct node *out);
/* The directory is `top`, or lies below it. */
bool tree_is_under(const struct tree *t, uint8_t dir, uint8_t top);
/* The directory, or one above it, is terminated. */
bool tree_terminated(const struct tree *t, uint8_t dir);
/* The ADF or MF in whose part of the tree the directory lies. */
uint8_t tree_application(const struct tree *t, uint8_t dir);
/* A path of FIDs from the MF, whose own FID is not in it; the first may be an ADF's temporary one.
 */
bool tree_path(const struct tree *t, slice path, struct node *out);

/* The next directories and EFs, for walks: *n is the last one seen. start with -1. */
bool tree_next_dir(const struct tree *t, int32_t *n, struct node *out);
bool tree_next_ef(const struct tree *t, uint8_t dir, int32_t *n, struct node *out);

/*
 * Creates a directory under node->parent (the MF: its own) or an EF in `dir`; *n is its number. An
 * EF gets `octets` octets of body, all FF; a BER-TLV file its node->max_octets, reserved, none in
 * use; a link's body is node->body. E_EXISTS: the FID is taken
 * there. E_LIMIT: no number left. E_MEMORY.
 */
MUST_USE enum err tree_create_dir(const struct tree *t, const struct node *node, uint16_t *n);
MUST_USE enum err tree_create_ef(const struct tree *t, uint8_t dir, const struct node *node,
                                 uint32_t octets, uint16_t *n);
/* Overwrites octets of the body (of a link: of its target). E_RANGE, E_MEMORY. */
MUST_USE enum err tree_write(const struct tree *t, const struct node *node, uint32_t at,
                             slice octets);
/* Gives a BER-TLV file new content, which must not lie in the store. E_MEMORY: too long. */
MUST_USE enum err tree_replace_body(const struct tree *t, const struct node *node, slice body);
/* Stores lcs or the cyclic head of the node again. */
MUST_USE enum err tree_set_lcs(const struct tree *t, uint16_t n, uint8_t lcs);
MUST_USE enum err tree_set_head(const struct tree *t, uint16_t n, uint8_t head);
/*
 * Gives an EF that is no link another size, of a BER-TLV file another capacity, which its content
 * must fit into. What is added is FF; what is too much goes from the end. E_MEMORY.
 */
MUST_USE enum err tree_resize(const struct tree *t, uint16_t n, uint32_t octets);
MUST_USE enum err tree_delete_ef(const struct tree *t, uint16_t n);
/* The directory and its EFs; those below it are not looked for. */
MUST_USE enum err tree_delete_dir(const struct tree *t, uint8_t dir);
/* Octets of all bodies below a directory, links not counted. */
uint32_t tree_octets(const struct tree *t, uint8_t dir);

#endif
