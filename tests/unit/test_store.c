// SPDX-License-Identifier: GPL-3.0-or-later
#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "daemon/loop/clock.h"
#include "daemon/store/store.h"
#include "daemon/store/store_image.h"
#include "tests/unit/run_suite.h"

enum { DEADLINE_MS = 20000 };

static char base[64], directory[96], database[128];
static struct store *store;

static int remove_entry(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

static void setup(void)
{
    strcpy(base, "/tmp/aems-test-store-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(base));
    snprintf(directory, sizeof(directory), "%s/state", base);
    snprintf(database, sizeof(database), "%s/state.db", directory);
    store = NULL;
}

static void teardown(void)
{
    store_close(store);
    nftw(base, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static void open_store(void)
{
    ck_assert_int_eq(store_open(directory, &store), 0);
}

static void reopen(void)
{
    store_close(store);
    open_store();
}

struct collected {
    char text[4096];
    int count;
};

static void collect_item(void *user, const char *kind, const char *id, const char *json)
{
    struct collected *c = user;
    c->count++;
    size_t used = strlen(c->text);
    snprintf(c->text + used, sizeof(c->text) - used, "%s/%s=%s;", kind, id, json);
}

static const char *items(const char *kind)
{
    static struct collected c;
    c = (struct collected){0};
    ck_assert_int_eq(store_each(store, kind, collect_item, &c), 0);
    return c.text;
}

static void collect_message(void *user, int64_t sequence, const char *topic, const char *payload, size_t length,
                            bool retain)
{
    struct collected *c = user;
    c->count++;
    size_t used = strlen(c->text);
    snprintf(c->text + used, sizeof(c->text) - used, "%jd:%s=%.*s%s;", (intmax_t)sequence, topic, (int)length, payload,
             retain ? "!" : "");
}

static const char *outbox(void)
{
    static struct collected c;
    c = (struct collected){0};
    ck_assert_int_eq(outbox_each(store, collect_message, &c), 0);
    return c.text;
}

static int count_files(const char *part)
{
    DIR *d = opendir(directory);
    ck_assert_ptr_nonnull(d);
    int n = 0;
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        n += strstr(e->d_name, part) != NULL;
    closedir(d);
    return n;
}

// ---- in good health -----------------------------------------------------------------------------------------------

START_TEST(items_survive_a_restart_with_their_last_value)
{
    open_store();
    struct stat st;
    ck_assert_int_eq(stat(directory, &st), 0);
    ck_assert_int_eq(st.st_mode & 0777, 0750);
    ck_assert_int_eq(store_health(store), STORE_OK);
    store_put(store, "peak", "pcc", "{\"peak_w\":1}", true);
    store_put(store, "peak", "pcc", "{\"peak_w\":2}", true);
    store_put(store, "peak", "pcc2", "\"\\u00e9 as given\"", true);
    store_put(store, "energy", "pcc", "7", false);
    ck_assert_str_eq(items("peak"), "peak/pcc={\"peak_w\":2};peak/pcc2=\"\\u00e9 as given\";");
    reopen();
    ck_assert_int_eq(store_health(store), STORE_OK);
    ck_assert_str_eq(items("peak"), "peak/pcc={\"peak_w\":2};peak/pcc2=\"\\u00e9 as given\";");
    ck_assert_str_eq(items("energy"), "energy/pcc=7;");
    ck_assert_str_eq(items("nothing"), "");
}
END_TEST

START_TEST(deleted_items_stay_deleted_and_may_come_back)
{
    open_store();
    store_put(store, "lease", "b1", "1", true);
    store_put(store, "lease", "b2", "2", true);
    ck_assert_int_eq(store_flush(store, DEADLINE_MS), 0);
    store_delete(store, "lease", "b1");
    store_delete(store, "lease", "never");
    ck_assert_str_eq(items("lease"), "lease/b2=2;");
    reopen();
    ck_assert_str_eq(items("lease"), "lease/b2=2;");
    store_put(store, "lease", "b1", "3", true);
    reopen();
    ck_assert_str_eq(items("lease"), "lease/b2=2;lease/b1=3;");
}
END_TEST

START_TEST(the_outbox_keeps_order_and_forgets_what_is_done)
{
    open_store();
    int64_t a = outbox_add(store, "t/a", "one", 3, true);
    int64_t b = outbox_add(store, "t/b", "two", 3, false);
    int64_t c = outbox_add(store, "t/c", "", 0, true);
    ck_assert_int_lt(a, b);
    ck_assert_int_lt(b, c);
    ck_assert_str_eq(outbox(), "1:t/a=one!;2:t/b=two;3:t/c=!;");
    ck_assert_int_eq(store_flush(store, DEADLINE_MS), 0);
    ck_assert_int_eq(outbox_done(store, b), 0);
    ck_assert_int_eq(outbox_done(store, b), AEMS_E_NOT_FOUND);
    reopen();
    ck_assert_str_eq(outbox(), "1:t/a=one!;3:t/c=!;");
    ck_assert_int_eq(outbox_add(store, "t/d", "x", 1, false), 4);
    struct collected some = {0};
    ck_assert_int_eq(outbox_after(store, 1, 1, collect_message, &some), 0);
    ck_assert_str_eq(some.text, "3:t/c=!;");
}
END_TEST

START_TEST(a_full_outbox_drops_and_counts_its_oldest)
{
    ck_assert_int_eq(store_open(NULL, &store), 0);
    ck_assert_int_eq(store_health(store), STORE_MEMORY_ONLY);
    for (int i = 0; i < OUTBOX_MAX_MESSAGES + 5; i++)
        ck_assert_int_eq(outbox_add(store, "t", "x", 1, false), i + 1);
    ck_assert_uint_eq(outbox_dropped(store), 5);
    ck_assert_uint_eq(outbox_count(store), OUTBOX_MAX_MESSAGES);
    ck_assert_int_eq(outbox_done(store, 5), AEMS_E_NOT_FOUND);
    ck_assert_int_eq(outbox_done(store, 6), 0);
}
END_TEST

static void put_again(void *user, const char *kind, const char *id, const char *json)
{
    (void)json;
    store_put(user, kind, id, "2", true);
}

START_TEST(a_callback_may_change_the_store)
{
    open_store();
    store_put(store, "k", "a", "1", false);
    ck_assert_int_eq(store_each(store, "k", put_again, store), 0);
    ck_assert_str_eq(items("k"), "k/a=2;");
}
END_TEST

START_TEST(a_second_instance_is_refused)
{
    open_store();
    struct store *second = NULL;
    ck_assert_int_eq(store_open(directory, &second), AEMS_E_STATE);
    ck_assert_ptr_null(second);
}
END_TEST

// ---- kill -9 ------------------------------------------------------------------------------------------------------

static void write_and_acknowledge(int fd)
{
    struct store *s = NULL;
    if (store_open(directory, &s) != 0)
        _exit(1);
    for (int i = 1;; i++) {
        char id[16], json[16];
        snprintf(id, sizeof(id), "n%d", i);
        snprintf(json, sizeof(json), "%d", i);
        store_put(s, "counter", "c", json, true);
        store_put(s, "entry", id, json, true);
        outbox_add(s, "t", json, strlen(json), false);
        if (store_flush(s, DEADLINE_MS) != 0 || write(fd, &i, sizeof(i)) != sizeof(i))
            _exit(1);
    }
}

static void count_item(void *user, const char *kind, const char *id, const char *json)
{
    (void)kind;
    (void)id;
    int *highest_and_count = user;
    if (atoi(json) > highest_and_count[0])
        highest_and_count[0] = atoi(json);
    highest_and_count[1]++;
}

START_TEST(all_that_was_acknowledged_survives_kill_minus_9)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        close(ends[0]);
        write_and_acknowledge(ends[1]);
    }
    close(ends[1]);
    int acknowledged = 0;
    while (acknowledged < 20 + 15 * _i && read(ends[0], &acknowledged, sizeof(acknowledged)) > 0)
        ;
    kill(pid, SIGKILL);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
    for (int more; read(ends[0], &more, sizeof(more)) == sizeof(more);)
        acknowledged = more;
    close(ends[0]);
    ck_assert_int_ge(acknowledged, 20);

    open_store();
    ck_assert_int_eq(store_health(store), STORE_OK);
    int counter[2] = {0}, entries[2] = {0};
    ck_assert_int_eq(store_each(store, "counter", count_item, counter), 0);
    ck_assert_int_eq(store_each(store, "entry", count_item, entries), 0);
    ck_assert_int_ge(counter[0], acknowledged);
    ck_assert_int_ge(entries[0], acknowledged);
    ck_assert_int_eq(entries[1], entries[0]); // none is missing in between
    ck_assert_int_ge((int)outbox_count(store), acknowledged);
}
END_TEST

// ---- bad disks ----------------------------------------------------------------------------------------------------

static void damage(long offset, const char *bytes)
{
    FILE *f = fopen(database, "r+b");
    ck_assert_ptr_nonnull(f);
    ck_assert_int_eq(fseek(f, offset, SEEK_SET), 0);
    ck_assert_int_eq((int)fwrite(bytes, 1, strlen(bytes), f), (int)strlen(bytes));
    fclose(f);
}

START_TEST(a_corrupt_file_is_set_aside_and_a_new_one_begun)
{
    open_store();
    char json[3000];
    memset(json, '1', sizeof(json) - 1);
    json[sizeof(json) - 1] = '\0';
    store_put(store, "plan", "a", json, true);
    store_close(store);
    store = NULL;
    damage(_i == 0 ? 0 : 4096 + 3, _i == 0 ? "nonsense" : "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff");
    open_store();
    ck_assert_int_eq(store_health(store), STORE_QUARANTINED);
    ck_assert_int_ge(count_files("state.db.corrupt-"), 1);
    ck_assert_str_eq(items("plan"), "");
    store_put(store, "plan", "a", "2", true);
    ck_assert_int_eq(store_flush(store, DEADLINE_MS), 0);
    reopen();
    ck_assert_int_eq(store_health(store), STORE_OK);
    ck_assert_str_eq(items("plan"), "plan/a=2;");
}
END_TEST

START_TEST(a_file_of_another_schema_is_set_aside_untouched)
{
    open_store();
    store_close(store);
    store = NULL;
    damage(60, "\x01"); // the high byte of user_version
    open_store();
    ck_assert_int_eq(store_health(store), STORE_QUARANTINED);
}
END_TEST

static void wait_for_health(enum store_health wanted)
{
    uint64_t end_ms = clock_mono_ms() + DEADLINE_MS;
    while (store_health(store) != wanted && clock_mono_ms() < end_ms)
        usleep(10000);
    ck_assert_int_eq(store_health(store), wanted);
}

START_TEST(without_a_usable_disk_all_is_kept_in_memory_and_written_when_it_comes)
{
    FILE *f = fopen(directory, "w"); // a file where the directory should be
    ck_assert_ptr_nonnull(f);
    fclose(f);
    open_store();
    ck_assert_int_eq(store_health(store), STORE_MEMORY_ONLY);
    store_put(store, "peak", "pcc", "5", true);
    ck_assert_int_gt(outbox_add(store, "t", "m", 1, false), 1000000);
    ck_assert_int_eq(store_flush(store, DEADLINE_MS), AEMS_E_IO);
    ck_assert_str_eq(items("peak"), "peak/pcc=5;");
    unlink(directory);
    wait_for_health(STORE_OK);
    ck_assert_int_eq(store_flush(store, DEADLINE_MS), 0);
    reopen();
    ck_assert_str_eq(items("peak"), "peak/pcc=5;");
    ck_assert_uint_eq(outbox_count(store), 1);
}
END_TEST

START_TEST(a_disk_found_late_adds_what_memory_does_not_have)
{
    open_store();
    store_put(store, "peak", "old", "1", true);
    store_put(store, "peak", "both", "1", true);
    outbox_add(store, "t", "old", 3, false);
    store_close(store);
    store = NULL;
    char hidden[128];
    snprintf(hidden, sizeof(hidden), "%s/hidden", base);
    ck_assert_int_eq(rename(directory, hidden), 0);
    FILE *f = fopen(directory, "w");
    ck_assert_ptr_nonnull(f);
    fclose(f);
    open_store();
    store_put(store, "peak", "both", "2", true);
    outbox_add(store, "t", "new", 3, false);
    ck_assert_int_eq(unlink(directory), 0);
    ck_assert_int_eq(rename(hidden, directory), 0);
    wait_for_health(STORE_OK);
    ck_assert_str_eq(items("peak"), "peak/both=2;peak/old=1;");
    ck_assert_ptr_nonnull(strstr(outbox(), "1:t=old;"));
    ck_assert_uint_eq(outbox_count(store), 2);
    reopen();
    ck_assert_uint_eq(outbox_count(store), 2);
    ck_assert_ptr_nonnull(strstr(items("peak"), "peak/both=2;"));
}
END_TEST

START_TEST(a_file_size_limit_leads_to_memory_mode_and_back)
{
    signal(SIGXFSZ, SIG_IGN); // as main does
    open_store();
    store_put(store, "peak", "pcc", "1", true);
    ck_assert_int_eq(store_flush(store, DEADLINE_MS), 0);
    struct rlimit before, tight;
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    tight = before;
    tight.rlim_cur = 8192;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &tight), 0);
    char json[20000];
    memset(json, '1', sizeof(json) - 1);
    json[sizeof(json) - 1] = '\0';
    store_put(store, "plan", "a", json, true);
    wait_for_health(STORE_MEMORY_ONLY);
    store_put(store, "peak", "pcc", "2", true);
    ck_assert_str_eq(items("peak"), "peak/pcc=2;");
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
    wait_for_health(STORE_OK);
    reopen();
    ck_assert_str_eq(items("peak"), "peak/pcc=2;");
    ck_assert_int_eq((int)strlen(items("plan")), 4095); // cut off by the test's own buffer
}
END_TEST

static pthread_mutex_t told_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t told_changed = PTHREAD_COND_INITIALIZER;
static int told;

static void count_told(void *user)
{
    (void)user;
    pthread_mutex_lock(&told_mutex);
    told++;
    pthread_cond_signal(&told_changed);
    pthread_mutex_unlock(&told_mutex);
}

// The next word of the store, however long it takes: the test's own time-out ends a store that says nothing.
static void await_word(int *seen)
{
    pthread_mutex_lock(&told_mutex);
    while (told == *seen)
        pthread_cond_wait(&told_changed, &told_mutex);
    *seen = told;
    pthread_mutex_unlock(&told_mutex);
}

START_TEST(who_waits_for_the_disk_is_told_when_it_has_all)
{
    int seen = 0;
    told = 0;
    open_store();
    store_on_written(store, count_told, NULL);
    store_put(store, "dr_event", "e1", "1", false);
    uint64_t mark = store_mark(store); // what came before it becomes durable
    while (store_safety(store, mark) == STORE_WAITING)
        await_word(&seen);
    ck_assert_int_eq(store_safety(store, mark), STORE_SAFE);
    store_on_written(store, NULL, NULL);
    reopen();
    ck_assert_str_eq(items("dr_event"), "dr_event/e1=1;");
}
END_TEST

START_TEST(who_waits_for_a_disk_that_fails_is_told_so)
{
    int seen = 0;
    told = 0;
    FILE *f = fopen(directory, "w"); // a file where the directory should be
    ck_assert_ptr_nonnull(f);
    fclose(f);
    open_store();
    store_on_written(store, count_told, NULL);
    store_put(store, "dr_event", "e1", "1", true);
    uint64_t mark = store_mark(store);
    ck_assert_int_eq(store_safety(store, mark), STORE_NOT_SAFE);
    unlink(directory);
    while (store_safety(store, mark) != STORE_SAFE)
        await_word(&seen);
    store_close(store);
    ck_assert_int_eq(store_open(NULL, &store), 0); // in memory on purpose
    store_put(store, "dr_event", "e1", "1", true);
    ck_assert_int_eq(store_safety(store, store_mark(store)), STORE_NOT_SAFE);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("store");
    TCase *t = tcase_create("store");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, items_survive_a_restart_with_their_last_value);
    tcase_add_test(t, deleted_items_stay_deleted_and_may_come_back);
    tcase_add_test(t, the_outbox_keeps_order_and_forgets_what_is_done);
    tcase_add_test(t, a_full_outbox_drops_and_counts_its_oldest);
    tcase_add_test(t, a_callback_may_change_the_store);
    tcase_add_test(t, a_second_instance_is_refused);
    tcase_add_loop_test(t, all_that_was_acknowledged_survives_kill_minus_9, 0, 5);
    tcase_add_loop_test(t, a_corrupt_file_is_set_aside_and_a_new_one_begun, 0, 2);
    tcase_add_test(t, a_file_of_another_schema_is_set_aside_untouched);
    tcase_add_test(t, without_a_usable_disk_all_is_kept_in_memory_and_written_when_it_comes);
    tcase_add_test(t, a_disk_found_late_adds_what_memory_does_not_have);
    tcase_add_test(t, who_waits_for_the_disk_is_told_when_it_has_all);
    tcase_add_test(t, who_waits_for_a_disk_that_fails_is_told_so);
    tcase_add_test(t, a_file_size_limit_leads_to_memory_mode_and_back);
    suite_add_tcase(s, t);
    return run_suite(s);
}
