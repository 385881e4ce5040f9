/* ES9+.InitiateAuthentication (SGP.22 5.6.1) */
#include "smdp/internal.h"

enum err smdp_initiate_authentication(struct smdp *s,
                                      const struct initiate_authentication_request_es9 *r,
                                      struct turn *t)
{
    int why;
    enum err err = cma_initiate(&s->cma, r, t, &why);

    if (err || why < 0)
        return err;
    return smdp_refuse(t, ES9_INITIATE_AUTHENTICATION, (enum smdp_refusal)why);
}
