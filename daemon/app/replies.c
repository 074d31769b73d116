// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/app/replies.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "report/messages.h"

// ---- floods ---------------------------------------------------------------------------------------------------------

static bool has_token(struct reply_tokens *t, uint64_t now_mono_ms)
{
    if (!t->started)
        *t = (struct reply_tokens){.left = REPLIES_BURST, .mono_ms = now_mono_ms, .started = true};
    t->left += (double)(now_mono_ms - t->mono_ms) / 60000 * REPLIES_PER_MINUTE;
    t->mono_ms = now_mono_ms;
    if (t->left > REPLIES_BURST)
        t->left = REPLIES_BURST;
    return t->left >= 1;
}

static void refuse(struct replies *r, const char *building, const char *why)
{
    r->refused++;
    if (r->logged >= REPLY_REFUSALS_LOGGED) {
        r->unlogged++;
        return;
    }
    r->logged++;
    log_warning("reply of building %s refused: %s", building, why);
}

void replies_tick(struct replies *r, uint64_t now_mono_ms)
{
    if (now_mono_ms - r->second_mono_ms < 1000)
        return;
    if (r->unlogged > 0)
        log_warning("%" PRIu64 " more replies refused", r->unlogged);
    r->second_mono_ms = now_mono_ms;
    r->logged = 0;
    r->unlogged = 0;
}

// ---- one ------------------------------------------------------------------------------------------------------------

// "building/<id>/reply"; false: no id.
static bool read_topic(const char *topic, char ret_id[static SITE_ID_MAX])
{
    const char *id = topic + strlen("building/"), *end = strchr(id, '/');
    if (end == NULL || strcmp(end, "/reply") != 0 || (size_t)(end - id) >= SITE_ID_MAX)
        return false;
    memcpy(ret_id, id, (size_t)(end - id));
    ret_id[end - id] = '\0';
    return text_is_id(ret_id);
}

static void log_reply(const struct site *s, const struct building_reply *reply)
{
    char until[RFC3339_SIZE] = "the end of what is asked";
    if (reply->until_utc_ms != 0)
        rfc3339_format(reply->until_utc_ms, until);
    log_notice("building %s %s until %s", s->buildings[reply->building].id, reply->accepts ? "accepts" : "opts out",
               until);
    if (reply->n_offers > 0)
        log_notice("building %s now offers %zu of its own", s->buildings[reply->building].id, reply->n_offers);
}

static int carry(struct replies *r, const struct event *e, char *ret_why, size_t size)
{
    struct reply_tokens *tokens = &r->tokens[e->reply.building];
    if (!has_token(tokens, e->at.mono_ms)) {
        snprintf(ret_why, size, "too many replies");
        return AEMS_E_REFUSED;
    }
    int code = driver_consume(r->driver, e);
    if (code < 0) {
        const char *refusal = engine_last_refusal(r->driver->engine);
        snprintf(ret_why, size, "%s", code == AEMS_E_REFUSED ? refusal : aems_error_text(code));
        return code;
    }
    tokens->left -= 1;
    r->accepted++;
    log_reply(engine_site(r->driver->engine), &e->reply);
    return 0;
}

void replies_mqtt(struct replies *r, const struct mqtt_message *m)
{
    char id[SITE_ID_MAX] = "", why[192] = "";
    struct event e = {0};
    int code = AEMS_E_REFUSED;
    if (!read_topic(m->topic, id))
        snprintf(why, sizeof(why), "not the name of a building");
    else if (m->retained)
        snprintf(why, sizeof(why), "retained replies are never believed");
    else
        code = message_read_reply(engine_site(r->driver->engine), id, m->payload, m->length, driver_now(r->driver), &e,
                                  why, sizeof(why));
    if (code == 0)
        code = carry(r, &e, why, sizeof(why));
    if (code < 0)
        refuse(r, text_is_id(id) ? id : "?", why[0] != '\0' ? why : aems_error_text(code));
}
