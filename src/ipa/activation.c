#include "ipa/activation.h"

/* The next field; false when there is none. */
static bool field(slice *rest, slice *out)
{
    size_t n = 0;

    if (!rest->p)
        return false;
    while (n < rest->n && rest->p[n] != '$')
        n++;
    *out = slice_of(rest->p, n);
    *rest = n < rest->n ? slice_of(rest->p + n + 1, rest->n - n - 1) : SLICE_NONE;
    return true;
}

/* A name or number with a port perhaps: nothing that would mean something in JSON or HTTP. */
bool activation_is_host(slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];

        if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
              c == '.' || c == '-' || c == '_' || c == ':' || c == '[' || c == ']'))
            return false;
    }
    return s.n > 0;
}

enum err activation_code_read(slice text, struct activation_code *out)
{
    static const slice prefix = { (const uint8_t *)"LPA:", 4 };
    slice format, oid = SLICE_NONE, flag = SLICE_NONE;

    *out = (struct activation_code){ .code_required = false };
    if (text.n > ACTIVATION_CODE_MAX)
        return E_SIZE;
    if (text.n >= prefix.n && slice_eq_nocase(slice_head(text, prefix.n), prefix))
        text = slice_skip(text, prefix.n);
    if (!field(&text, &format) || !slice_eq_str(format, "1"))
        return E_UNSUPPORTED;
    if (!field(&text, &out->address) || !activation_is_host(out->address) ||
        !field(&text, &out->matching_id))
        return E_SYNTAX;
    if (field(&text, &oid) && oid.n)
        out->oid = oid;
    if (field(&text, &flag) && flag.n && !slice_eq_str(flag, "1"))
        return E_SYNTAX;
    out->code_required = flag.n == 1;
    return E_OK; /* what follows belongs to later versions (SGP.22 4.1) */
}
