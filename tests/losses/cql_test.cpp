#include "onramp/losses/cql.h"

#include <cmath>

#include "loss_testing.h"

namespace onramp::losses {
namespace {

using namespace onramp::test;

class CqlGolden : public ::testing::TestWithParam<at::ScalarType> {};
INSTANTIATE_TEST_SUITE_P(Precisions, CqlGolden, ::testing::Values(at::kDouble, at::kFloat),
                         [](const auto& p) { return std::string(p.param == at::kDouble ? "Double" : "Single"); });

CqlValues values_of(const GoldenInputs& in) {
  return {.data = in["q_data"], .random = in["q_random"], .current = in["q_current"], .next = in["q_next"]};
}

TEST_P(CqlGolden, ImportanceSampled) {
  const auto entry = golden_case("conservative", "cql_importance_sampled");
  const GoldenInputs in(entry, GetParam());
  const auto f = [&](const CqlValues& q) {
    return cql_importance(q, in["log_prob_current"], in["log_prob_next"], /*action_dim=*/3);
  };
  const auto q = values_of(in);
  expect_close(f(q), tensor_of(entry["out"]["value"]), tolerance_of(GetParam()));
  const auto gradient = [&](at::Tensor CqlValues::*member) {
    const auto loss = [&](const at::Tensor& x) {
      auto changed = q;
      changed.*member = x;
      return f(changed).sum();
    };
    return gradient_of(loss, q.*member);
  };
  expect_close(gradient(&CqlValues::data), tensor_of(entry["grad"]["q_data"]), 1e-5);
  expect_close(gradient(&CqlValues::random), tensor_of(entry["grad"]["q_random"]), 1e-5);
  expect_close(gradient(&CqlValues::current), tensor_of(entry["grad"]["q_current"]), 1e-5);
}

TEST_P(CqlGolden, Plain) {
  const auto entry = golden_case("conservative", "cql_plain");
  expect_close(cql_plain(values_of(GoldenInputs(entry, GetParam()))), tensor_of(entry["out"]["value"]),
               tolerance_of(GetParam()));
}

// Cal-QL is the same function of policy values that are bounded below by the return.
TEST_P(CqlGolden, CalQl) {
  const auto entry = golden_case("conservative", "cal_ql");
  const GoldenInputs in(entry, GetParam());
  const auto f = [&](const CqlValues& q) {
    return cql_importance(calibrated(q, in["mc_return"]), in["log_prob_current"], in["log_prob_next"],
                          /*action_dim=*/3);
  };
  const auto q = values_of(in);
  expect_close(f(q), tensor_of(entry["out"]["value"]), tolerance_of(GetParam()));
  for (const auto& [name, member] :
       {std::pair{"q_data", &CqlValues::data}, std::pair{"q_random", &CqlValues::random},
        std::pair{"q_current", &CqlValues::current}, std::pair{"q_next", &CqlValues::next}}) {
    const auto loss = [&](const at::Tensor& x) {
      auto changed = q;
      changed.*member = x;
      return f(changed).sum();
    };
    expect_close(gradient_of(loss, q.*member), tensor_of(entry["grad"][name]), 1e-5);
  }
}

at::Tensor values(std::initializer_list<double> row) {
  return at::tensor(std::vector<double>(row)).reshape({1, 1, -1});
}

// B = 1, N = 1. Each exponent is a logarithm, so that the sum is a whole number.
CqlValues by_hand() {
  return {.data = rows({{1.0}}),
          .random = values({std::log(1.5)}),
          .current = values({std::log(4.0)}),
          .next = values({std::log(10.0)})};
}
const auto kCurrentDensity = rows({{std::log(2.0)}}), kNextDensity = rows({{std::log(5.0)}});

TEST(CqlImportance, MatchesValuesWorkedByHandForEachEnsembleSize) {
  // A = 2: log(1.5 * 4 + 4 / 2 + 10 / 5) - 1 = log 10 - 1
  expect_near(cql_importance(by_hand(), kCurrentDensity, kNextDensity, 2)[0], 1.3025850930, kDoubleTolerance);
  for (const int64_t E : {2, 10}) {
    const auto one = by_hand();
    const CqlValues q{one.data.repeat({E, 1}), one.random.repeat({E, 1, 1}), one.current.repeat({E, 1, 1}),
                      one.next.repeat({E, 1, 1})};
    const auto loss = cql_importance(q, kCurrentDensity, kNextDensity, 2);
    ASSERT_EQ(loss.sizes(), (std::vector<int64_t>{E}));
    expect_near(loss[E - 1], 1.3025850930, kDoubleTolerance);
  }
  // A = 1: log(1.5 * 2 + 2 + 2) - 1 = log 7 - 1
  expect_near(cql_importance(by_hand(), kCurrentDensity, kNextDensity, 1)[0], 0.9459101491, kDoubleTolerance);
}

TEST(CqlPlain, MatchesValuesWorkedByHand) {
  auto q = by_hand();
  q.data = rows({{std::log(0.5)}});
  // log(1.5 + 4 + 10 + 0.5) - log 4 - log 0.5 = log 16 - log 2 = log 8
  expect_near(cql_plain(q)[0], 2.0794415417, kDoubleTolerance);
}

TEST(CqlPlain, EqualValuesCostNothing) {
  const auto flat = at::full({3, 4, 5}, 7.0, at::kDouble);
  const CqlValues q{flat.select(2, 0), flat, flat, flat};
  expect_close(cql_plain(q), at::zeros({3}, at::kDouble), kDoubleTolerance);
}

// Large values would overflow a sum of exponentials that is taken as it is written.
TEST(Cql, LargeValuesDoNotOverflow) {
  const auto large = at::full({1, 2, 3}, 1e4, at::kFloat), density = at::zeros({2, 3});
  const CqlValues q{at::full({1, 2}, 1e4), large, large, large};
  // log(3 * 2 + 6) above the common value, A = 1
  EXPECT_NEAR(cql_importance(q, density, density, 1)[0].item<double>(), std::log(12.0), 2e-3);  // float32 at 1e4: 1e-3
  EXPECT_NEAR(cql_plain(q)[0].item<double>(), 0.0, 2e-3);
}

TEST(Cql, GradientMatchesFiniteDifferencesAndStopsAtDensities) {
  const CqlValues q{numbers({2, 3}, 1), numbers({2, 3, 4}, 2), numbers({2, 3, 4}, 3), numbers({2, 3, 4}, 4)};
  const auto current = numbers({3, 4}, 5), next = numbers({3, 4}, 6), weight = numbers({2}, 7);
  for (const auto member : {&CqlValues::data, &CqlValues::random, &CqlValues::current, &CqlValues::next}) {
    const auto with = [&](const at::Tensor& x) {
      auto changed = q;
      changed.*member = x;
      return changed;
    };
    expect_gradient_matches(
        [&](const at::Tensor& x) { return (cql_importance(with(x), current, next, 2) * weight).sum(); }, q.*member);
    expect_gradient_matches([&](const at::Tensor& x) { return (cql_plain(with(x)) * weight).sum(); }, q.*member);
  }
  expect_no_gradient([&](const at::Tensor& x) { return cql_importance(q, x, next, 2).sum(); }, current);
  expect_no_gradient([&](const at::Tensor& x) { return cql_importance(q, current, x, 2).sum(); }, next);
}

// Of E = 2, B = 2, N = 2; returns 1 and -1. Random and data values stay, however low they are.
TEST(Calibrated, BoundsThePolicysValuesByTheReturnAndNoOthers) {
  const auto all = at::tensor({0.0, 2.0, -3.0, 0.0, 1.5, -2.0, -1.0, 4.0}, at::kDouble).view({2, 2, 2});
  const auto bounded = at::tensor({1.0, 2.0, -1.0, 0.0, 1.5, 1.0, -1.0, 4.0}, at::kDouble).view({2, 2, 2});
  const CqlValues q{all.select(2, 0), all, all, all};
  const auto with = calibrated(q, at::tensor({1.0, -1.0}, at::kDouble));
  expect_close(with.current, bounded, kDoubleTolerance);
  expect_close(with.next, bounded, kDoubleTolerance);
  expect_close(with.random, all, kDoubleTolerance);
  expect_close(with.data, q.data, kDoubleTolerance);
}

TEST(Calibrated, GradientMatchesFiniteDifferencesAndStopsAtTheReturn) {
  const CqlValues q{numbers({2, 3}, 1), numbers({2, 3, 4}, 2), numbers({2, 3, 4}, 3), numbers({2, 3, 4}, 4)};
  const auto mc_return = numbers({3}, 5), current = numbers({3, 4}, 6), next = numbers({3, 4}, 7);
  EXPECT_TRUE((q.current < mc_return.unsqueeze(1)).any().item<bool>() &&
              (q.current > mc_return.unsqueeze(1)).any().item<bool>());
  for (const auto member : {&CqlValues::data, &CqlValues::random, &CqlValues::current, &CqlValues::next}) {
    const auto loss = [&](const at::Tensor& x) {
      auto changed = q;
      changed.*member = x;
      return cql_importance(calibrated(changed, mc_return), current, next, 2).sum();
    };
    expect_gradient_matches(loss, q.*member);
  }
  expect_no_gradient(
      [&](const at::Tensor& x) {
        const auto with = calibrated(q, x);
        return with.current.sum() + with.next.sum() + with.random.sum();
      },
      mc_return);
}

TEST(Calibrated, NamesAMisshapenArgument) {
  const CqlValues q{at::ones({2, 3}), at::ones({2, 3, 4}), at::ones({2, 3, 4}), at::ones({2, 3, 4})};
  expect_throws<ShapeError>([&] { calibrated(q, at::ones({2})); }, "mc_return: want float [3], got float [2]");
}

TEST(Cql, NamesAMisshapenArgument) {
  const CqlValues q{at::ones({2, 3}), at::ones({2, 3, 4}), at::ones({2, 3, 4}), at::ones({2, 3, 4})};
  const auto density = at::ones({3, 4});
  const auto refused = [&](at::Tensor CqlValues::*member, const at::Tensor& x, const char* message) {
    auto changed = q;
    changed.*member = x;
    expect_throws<ShapeError>([&] { cql_plain(changed); }, message);
    expect_throws<ShapeError>([&] { cql_importance(changed, density, density, 1); }, message);
  };
  refused(&CqlValues::data, at::ones({3}), "data: want float [E, B], got float [3]");
  refused(&CqlValues::random, at::ones({3, 2, 4}), "random: want float [2, 3, N], got float [3, 2, 4]");
  refused(&CqlValues::current, at::ones({2, 3}), "current: want float [2, 3, N], got float [2, 3]");
  refused(&CqlValues::next, at::ones({2, 4, 3}), "next: want float [2, 3, N], got float [2, 4, 3]");
  expect_throws<ShapeError>(
      [&] {
        cql_importance(q, at::ones({4, 3}), density, 1);
      },
      "log_prob_current: want float [3, 4], got float [4, 3]");
  expect_throws<ShapeError>([&] { cql_importance(q, density, at::ones({3}), 1); },
                            "log_prob_next: want float [3, 4], got float [3]");
  expect_throws<ValueError>([&] { cql_importance(q, density, density, 0); }, "action_dim: want >= 1, got 0");
}

}  // namespace
}  // namespace onramp::losses
